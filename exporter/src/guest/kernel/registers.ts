/** What a virtual CPU's registers tell about its kernel. */
export interface Registers {
  readonly cr3: bigint;
  readonly cr4: bigint;
  /** Address of the interrupt descriptor table, virtual. */
  readonly idt: bigint;
  /** Address of the next instruction, virtual. */
  readonly rip: bigint;
  /** Runs a kernel or firmware, not a program (CPL 0). */
  readonly privileged: boolean;
  /** EFER.LMA: runs 64-bit code. */
  readonly longMode: boolean;
}

const LARGEST_TEXT = 4 * 1024 * 1024;
const LONG_MODE_ACTIVE = 0x400n;

/** The registers of each virtual CPU in the answer to QEMU's `info registers` (or `info registers -a`); CPUs that lack one are left out. */
export function parseRegisters(text: string): Registers[] {
  const found: Registers[] = [];
  for (const cpu of text.slice(0, LARGEST_TEXT).split(/^(?=[RE]AX ?=)/m)) {
    const value = (pattern: RegExp): bigint | null => {
      const match = pattern.exec(cpu);
      return match === null ? null : BigInt(`0x${match[1]}`);
    };
    const cr3 = value(/\bCR3=([0-9a-f]{8,16})\b/);
    const cr4 = value(/\bCR4=([0-9a-f]{8,16})\b/);
    const idt = value(/^IDT= *([0-9a-f]{8,16})\b/m);
    const efer = value(/\bEFER=([0-9a-f]{8,16})\b/);
    const rip = value(/^[RE]IP=([0-9a-f]{8,16})\b/m);
    const level = value(/\bCPL=([0-3])\b/);
    if (cr3 === null || cr4 === null || idt === null || rip === null) continue;
    found.push({ cr3, cr4, idt, rip, privileged: level === 0n, longMode: efer !== null && (efer & LONG_MODE_ACTIVE) !== 0n });
  }
  return found;
}
