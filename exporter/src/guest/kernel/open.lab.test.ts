import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type Lab, type LinuxGuest } from '../../../../test/lab/lab.ts';
import { waitUntil } from '../../../../test/lab/wait-until.ts';
import { lookupDomainByName, openConnection, qemuMonitor, type Connection } from '../../libvirt/index.ts';
import { KernelError } from '../error.ts';
import type { Monitor, PhysicalMemory } from '../memory/memory.ts';
import { openProcessMemory } from '../memory/process-memory.ts';
import { differences, guestSymbols } from '../testing/guest-symbols.ts';
import type { Kernel } from './kernel.ts';
import { openKernel } from './open.ts';
import { isRunning } from './running.ts';

/** A real guest behind a real libvirtd, and what the guest itself says of its kernel. */

let lab: Lab;
let guest: LinuxGuest;
let connection: Connection;
let monitor: Monitor;
let memory: PhysicalMemory;

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'kernel' });
  guest = await lab.kernelGuest(lab.host(1), { name: 'inside', kernel: '6.12-cloud', cpu: 'max' });
  await guest.start();
  await guest.agent.waitReady();
  connection = await openConnection({ uri: lab.host(1).unixUri });
  monitor = qemuMonitor(connection, await connection.call(lookupDomainByName, { name: guest.name }));
  memory = await openProcessMemory(guest.qemuPid() ?? 0, monitor);
});

afterAll(async () => {
  memory?.close();
  await connection?.close();
  await lab?.down();
});

const open = (find: 'registers' | 'scan'): Promise<Kernel> => openKernel(memory, monitor, { find });

describe('the monitor through libvirt', () => {
  it('answers as virsh does', async () => {
    const virsh = (...args: string[]): Promise<string> => guest.host.virsh('qemu-monitor-command', guest.name, ...args);
    expect((await monitor.human('info mtree -f')).trim()).toBe((await virsh('--hmp', 'info mtree -f')).trim());
    expect(await monitor.execute('query-version')).toEqual((JSON.parse(await virsh('{"execute":"query-version"}')) as { return: unknown }).return);
    await expect(monitor.execute('no-such-command')).rejects.toMatchObject({ errorClass: 'CommandNotFound' });
    expect(await monitor.human('no-such-command')).toContain('unknown command');
  });
});

describe('the kernel of a guest', () => {
  it('is the same by registers and by searching, and the one that the guest says', async () => {
    const version = (await guest.agent.run('cat /proc/version')).trim();
    const release = (await guest.agent.run('uname -r')).trim();
    const found = [await open('registers'), await open('scan')];
    for (const kernel of found) {
      expect([kernel.release, kernel.verify()]).toEqual([release, true]);
      expect(kernel.banner).toBe(version);
      expect(kernel.readText(kernel.symbol('init_task') + BigInt(kernel.offsetOf('task_struct', 'comm')), 16)).toBe('swapper/0');
    }
    expect(found[0]?.btfHash).toBe(found[1]?.btfHash);
    expect(found[0]?.symbol('init_task')).toBe(found[1]?.symbol('init_task'));
  });

  it('has the symbols that /proc/kallsyms has, each at its address', async () => {
    // A part of them: the whole list takes long over a serial line. All of them are compared by test:guests.
    const lines = await guest.agent.run("awk 'NR % 40 == 1' /proc/kallsyms | cut -d' ' -f3 | sort -u > /tmp/some; awk 'NR == FNR { some[$1]; next } $3 in some' /tmp/some /proc/kallsyms");
    const symbols = guestSymbols(Buffer.from(lines));
    expect(symbols.size).toBeGreaterThan(1000);
    expect(differences(await open('registers'), symbols)).toEqual([]);
  });

  it('has the types of its own BTF', async () => {
    const hash = (await guest.agent.run('sha256sum /sys/kernel/btf/vmlinux')).split(' ')[0];
    expect((await open('registers')).btfHash).toBe(hash);
  });

  it('changed at random, ends in a kernel or in a refusal', async () => {
    let seed = 1;
    const random = (below: number): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff) % below;
    // Some of the short reads and all of the long ones have words that are not what the guest has there.
    const changing: PhysicalMemory = {
      ...memory,
      read(physical, into, offset, length) {
        const read = memory.read(physical, into, offset, length);
        const changes = length > 4096 ? 1 + random(20) : random(60) === 0 ? 1 : 0;
        for (let change = 0; read && length >= 8 && change < changes; change++) into.writeUInt32LE(random(2 ** 31), offset + random(length - 3));
        return read;
      },
    };
    for (let run = 0; run < 12; run++) {
      try {
        const kernel = await openKernel(changing, monitor, { find: 'registers' });
        kernel.readText(kernel.symbol('init_task'));
        kernel.verify();
      } catch (error) {
        expect(error).toBeInstanceOf(KernelError);
      }
    }
  });

  it('that starts anew is noticed, and found again', async () => {
    const before = await open('registers');
    expect([before.verify(), await isRunning(memory, monitor, before)]).toEqual([true, true]);
    await monitor.execute('system_reset');
    // Its memory may stay as it was: the registers tell.
    expect(await isRunning(memory, monitor, before)).toBe(false);
    const after = await waitUntil('the new kernel', async () => {
      const kernel = await open('registers');
      return (await isRunning(memory, monitor, kernel)) && kernel;
    }, { deadlineMs: 120_000, intervalMs: 500 });
    expect(after.banner).toBe(before.banner);
    expect([after.verify(), await isRunning(memory, monitor, after)]).toEqual([true, true]);
  });
});
