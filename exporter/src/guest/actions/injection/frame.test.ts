import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GENERAL_REGISTERS } from '../gdb/registers.ts';
import type { GeneralRegister, Registers } from '../gdb/registers.ts';
import { buildFrame, frameBytes } from './frame.ts';
import type { Argument } from './frame.ts';

const STACK = 0xffff_c900_0000_0000n;
const GADGETS = { popRdi: 0xffff_ffff_8100_0101n, popRsp: 0xffff_ffff_8100_0202n };
const FUNCTION = 0xffff_ffff_8123_4560n;

function registersAt(rsp: bigint): Registers {
  const general = Object.fromEntries(GENERAL_REGISTERS.map((name, index) => [name, 0xffff_8880_0000_0000n + BigInt(index)])) as Record<GeneralRegister, bigint>;
  return { ...general, rsp, rip: 0xffff_ffff_8110_0000n, eflags: 0x246, cs: 0x10 };
}

/** Memory of a stack, and a processor that knows returns and the two gadgets. */
function runFrame(at: Registers, args: readonly Argument[]) {
  const memory = Buffer.alloc(16_384, 0xa5);
  const before = Buffer.from(memory);
  const place = (address: bigint) => Number(address - STACK);
  const frame = buildFrame(at, GADGETS, FUNCTION, args);
  for (const { address, bytes } of frame.writes) bytes.copy(memory, place(address));
  const state = { ...frame.registers };
  const pop = () => {
    const value = memory.readBigUInt64LE(place(state.rsp));
    state.rsp += 8n;
    return value;
  };
  return { frame, memory, before, place, state, pop };
}

const stackPointers = fc.integer({ min: 9000, max: 16_000 }).map((offset) => STACK + BigInt(offset & ~7));
const argumentLists: fc.Arbitrary<Argument[]> = fc.array(
  fc.oneof(
    fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes('\0')),
    fc.array(fc.string({ maxLength: 20 }).filter((text) => !text.includes('\0')), { maxLength: 6 }),
  ),
  { maxLength: 6 },
);

describe('the frame of a call', () => {
  test('restores the interrupted function by itself: stack, argument and place', () => {
    fc.assert(
      fc.property(stackPointers, argumentLists, (rsp, args) => {
        const at = registersAt(rsp);
        const { frame, state, pop, memory, before, place } = runFrame(at, args);
        // As after a call: the stack is 8 off a multiple of 16.
        expect(state.rsp % 16n).toBe(8n);
        expect(state.rip).toBe(FUNCTION);
        // The called function returns.
        expect(pop()).toBe(GADGETS.popRdi);
        expect([frame.returnAddress, frame.returnStack]).toEqual([GADGETS.popRdi, state.rsp]);
        state.rdi = pop();
        expect(pop()).toBe(GADGETS.popRsp);
        state.rsp = pop();
        state.rip = pop();
        for (const name of ['rip', 'rsp', 'rdi', 'rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'] as const) expect(state[name]).toBe(at[name]);
        // What lies at and above the stack pointer is as it was.
        expect(memory.subarray(place(rsp)).equals(before.subarray(place(rsp)))).toBe(true);
      }),
    );
  });

  test('hands over the arguments as C has them, within the bytes that were announced', () => {
    const order = ['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9'] as const;
    fc.assert(
      fc.property(stackPointers, argumentLists, (rsp, args) => {
        const { frame, memory, place } = runFrame(registersAt(rsp), args);
        const text = (address: bigint) => memory.toString('utf8', place(address), memory.indexOf(0, place(address)));
        args.forEach((argument, index) => {
          const value = frame.registers[order[index] ?? 'rdi'];
          if (typeof argument === 'bigint') expect(value).toBe(argument);
          else if (typeof argument === 'string') expect(text(value)).toBe(Buffer.from(argument).toString());
          else {
            const list: string[] = [];
            for (let at = value; memory.readBigUInt64LE(place(at)) !== 0n; at += 8n) list.push(text(memory.readBigUInt64LE(place(at))));
            expect(list).toEqual(argument.map((item) => Buffer.from(item).toString()));
          }
        });
        expect(Number(rsp - frame.registers.rsp)).toBeLessThanOrEqual(frameBytes(args));
      }),
    );
  });

  test('takes no more arguments than there are registers', () => {
    expect(() => buildFrame(registersAt(STACK + 9000n), GADGETS, FUNCTION, Array<bigint>(7).fill(0n))).toThrow(RangeError);
  });
});
