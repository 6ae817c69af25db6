/** Names of the first registers of QEMU's x86-64 in the order of packet `g`; 8 bytes each. */
export const GENERAL_REGISTERS = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip'] as const;
export type GeneralRegister = (typeof GENERAL_REGISTERS)[number];

export interface Registers extends Record<GeneralRegister, bigint> {
  readonly eflags: number;
  readonly cs: number;
}

const EFLAGS_AT = GENERAL_REGISTERS.length * 8;
const CS_AT = EFLAGS_AT + 4;
const LEAST_BYTES = CS_AT + 4;
/** Number of `gs_base` for packet `p`. */
export const GS_BASE = 25;

/** Reads the answer to `g`: hexadecimal, little-endian. null: it is none. */
export function parseRegisters(text: string): Registers | null {
  if (text.length < LEAST_BYTES * 2 || !/^([0-9a-f]{2})+$/i.test(text.slice(0, LEAST_BYTES * 2))) return null;
  const bytes = Buffer.from(text.slice(0, LEAST_BYTES * 2), 'hex');
  const general = Object.fromEntries(GENERAL_REGISTERS.map((name, index) => [name, bytes.readBigUInt64LE(index * 8)])) as Record<GeneralRegister, bigint>;
  return { ...general, eflags: bytes.readUInt32LE(EFLAGS_AT), cs: bytes.readUInt32LE(CS_AT) };
}

/** Reads the answer to `p` for a register of 8 bytes. null: it is none. */
export function parseRegister(text: string): bigint | null {
  return /^[0-9a-f]{16}$/i.test(text) ? Buffer.from(text, 'hex').readBigUInt64LE(0) : null;
}

/**
 * The command that writes all general registers at once: a `G` as short as that. QEMU carries a packet out as a whole, so a processor
 * never runs on with some of them.
 */
export function writeRegisters(registers: Record<GeneralRegister, bigint>): string {
  const bytes = Buffer.alloc(GENERAL_REGISTERS.length * 8);
  GENERAL_REGISTERS.forEach((name, index) => bytes.writeBigUInt64LE(BigInt.asUintN(64, registers[name]), index * 8));
  return `G${bytes.toString('hex')}`;
}
