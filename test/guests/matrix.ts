import type { KernelChoice } from '../lab/guest/kernel-choice.ts';
import type { LinuxGuestOptions } from '../lab/lab.ts';

/** A guest of the matrix. */
export interface MatrixEntry {
  /** Also the guest's name: lower-case letters, digits and `-`. */
  name: string;
  system: 'tiny' | 'debian';
  kernel: KernelChoice;
  options: Omit<LinuxGuestOptions, 'name' | 'kernel'>;
}

const entry = (system: MatrixEntry['system'], kernel: KernelChoice, suffix: string, options: MatrixEntry['options'] = {}): MatrixEntry => ({
  name: [system === 'debian' ? 'debian' : 'tiny', kernel.replace('.', ''), suffix].filter((part) => part !== '').join('-'), system, kernel, options,
});

/**
 * KASLR is on in all of them: nothing turns it off. `max` has five-level page tables. Rome, Milan and Skylake are there for the kernel's
 * remedies against wrong predictions: which one is in use decides how its functions return.
 */
export const MATRIX: readonly MatrixEntry[] = [
  entry('tiny', '6.1-cloud', 'la57', { cpu: 'max', pageTableLevels: 5 }),
  entry('tiny', '6.1-cloud', 'pti', { cpu: 'Haswell', pageTableIsolation: true }),
  entry('tiny', '6.1-cloud', '5gib', { cpu: 'max', machine: 'q35', memoryMiB: 5120, vcpus: 2 }),
  entry('tiny', '6.1-generic', 'la57', { cpu: 'max', pageTableLevels: 5, vcpus: 2 }),
  entry('tiny', '6.1-generic', '4level', { cpu: 'max', pageTableLevels: 4 }),
  entry('tiny', '6.1-rt', '', { cpu: 'max', vcpus: 2 }),
  entry('tiny', '6.12-cloud', 'la57', { cpu: 'max', pageTableLevels: 5 }),
  entry('tiny', '6.12-cloud', '4level', { cpu: 'max', pageTableLevels: 4 }),
  entry('tiny', '6.12-cloud', 'pti', { cpu: 'Haswell', pageTableIsolation: true, vcpus: 2 }),
  entry('tiny', '6.12-cloud', '5gib', { cpu: 'max', machine: 'q35', memoryMiB: 5120, vcpus: 2 }),
  entry('tiny', '6.12-cloud', 'no-keyboard', { cpu: 'max', keyboard: false }),
  entry('tiny', '6.12-generic', 'rome', { cpu: 'EPYC-Rome', kernelArguments: 'retbleed=unret' }),
  entry('tiny', '6.12-generic', 'milan', { cpu: 'EPYC-Milan', kernelArguments: 'spec_rstack_overflow=safe-ret' }),
  entry('tiny', '6.12-generic', 'skylake', { cpu: 'Skylake-Server', kernelArguments: 'retbleed=stuff' }),
  entry('tiny', '6.12-rt', '', { cpu: 'max', vcpus: 2 }),
  entry('debian', '6.1-cloud', '', { vcpus: 2 }),
  entry('debian', '6.1-cloud', 'cgroup1', { cgroups: 1 }),
  entry('debian', '6.1-generic', '', { cpu: 'max' }),
  entry('debian', '6.1-rt', '', { cpu: 'max', vcpus: 2 }),
  entry('debian', '6.12-cloud', '', { cpu: 'max', vcpus: 2 }),
  entry('debian', '6.12-cloud', 'cgroup1', { cgroups: 1 }),
  entry('debian', '6.12-cloud', 'no-keyboard', { cpu: 'max', keyboard: false }),
  entry('debian', '6.12-generic', '', { cpu: 'max', vcpus: 2 }),
  entry('debian', '6.12-rt', '', { cpu: 'max', vcpus: 2 }),
];
