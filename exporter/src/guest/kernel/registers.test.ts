import { describe, expect, it } from 'vitest';
import { registersText } from '../testing/fake-kernel.ts';
import { parseRegisters } from './registers.ts';

const KERNEL = { cr3: 0x2a1_0000, cr4: 0x35_1ef0, idt: 0xffff_fe00_0000_0000n, efer: 0xd01 };

describe('registers', () => {
  it('are those of one CPU or of all', () => {
    const one = { cr3: 0x2a1_0000n, cr4: 0x35_1ef0n, idt: 0xffff_fe00_0000_0000n, rip: 0xffff_ffff_9683_aa2bn, privileged: true, longMode: true };
    expect(parseRegisters(registersText(KERNEL))).toEqual([one]);
    const all = `\r\nCPU#0\r\n${registersText(KERNEL)}\r\n\r\nCPU#1\r\n${registersText({ ...KERNEL, cr3: 0x1000, efer: 0x500 })}`;
    expect(parseRegisters(all)).toEqual([one, { ...one, cr3: 0x1000n }]);
  });

  it('tell a CPU in 32-bit mode', () => {
    const firmware = 'EAX=00000000 EBX=00000000\nEIP=0000fff0 EFL=00000002 [-------] CPL=0 II=0\nIDT=     00000000 000003ff\nCR0=00000010 CR2=00000000 CR3=00000000 CR4=00000000\nEFER=0000000000000000\n';
    expect(parseRegisters(firmware)).toEqual([{ cr3: 0n, cr4: 0n, idt: 0n, rip: 0xfff0n, privileged: true, longMode: false }]);
  });

  it('are none where the text is something else', () => {
    for (const text of ['', 'unknown command', 'RAX=1', registersText(KERNEL).replace('CR3', 'CRX'), 'RAX='.repeat(100_000)]) expect(parseRegisters(text)).toEqual([]);
  });
});
