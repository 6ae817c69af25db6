import type { Kernel } from '../kernel/kernel.ts';
import type { Monitor } from '../memory/memory.ts';
import { ActionRefused } from './action-error.ts';
import type { Clock } from './clock.ts';
import type { LibvirtFacts } from './domain-facts.ts';
import type { Journal } from './journal.ts';
import type { KernelWriter } from './kernel-writer.ts';
import type { RequestFacts } from './rules.ts';

/** The QEMU that runs a domain. */
export interface DomainProcess {
  /** UUID in lower case. */
  readonly uuid: string;
  readonly qemuPid: number;
  /** Start of QEMU in clock ticks since the machine's boot. */
  readonly qemuStartTicks: number;
}

/** All that actions in one guest work with. One action at a time for each domain: the caller holds its operation lock. */
export interface ActionTools {
  readonly domain: DomainProcess;
  readonly kernel: Kernel;
  readonly writer: KernelWriter;
  readonly monitor: Monitor;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Who asks. Whether something is unhealed the action finds out itself. */
  readonly request: Omit<RequestFacts, 'unhealed'>;
  /** null: the domain is none of libvirt's. */
  readonly libvirt: LibvirtFacts | null;
  /** Asked right before each side effect: whoever permitted the action still does. Undoing does not ask. Default: yes. */
  readonly mayAct?: () => boolean;
}

/** @throws ActionRefused `may-not-act` */
export function requireMayAct({ mayAct }: Pick<ActionTools, 'mayAct'>): void {
  if (mayAct?.() === false) throw new ActionRefused('may-not-act', 'the permission to act ended before the next step: the domain, the lease, or the time that was given is another');
}

/** What a start came to. */
export interface StartResult {
  /** `seen`: the new process or the guest's work on it was seen; `likely`: only that some process was started; `returned`: the kernel said that it started. */
  readonly started: 'seen' | 'likely' | 'returned';
  /** The new process where it was still there to be seen. */
  readonly process: { readonly pid: number; readonly startTimeNanoseconds: number } | null;
  /** How long something of ours was in the guest, and all together. Milliseconds. */
  readonly heldMs: number;
  readonly totalMs: number;
}
