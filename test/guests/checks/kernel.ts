import { createProfiles, isRunning, openKernel, openProcessMemory, type Kernel } from '../../../exporter/src/guest/index.ts';
import { differences, guestSymbols } from '../../../exporter/src/guest/testing/guest-symbols.ts';
import { lookupDomainByName, openConnection, qemuMonitor } from '../../../exporter/src/libvirt/index.ts';
import type { GuestCheck } from '../check.ts';

/** The kernel as it is seen from outside is the one that the guest says it has: every symbol, the types, the banner. */
export const kernel: GuestCheck = {
  name: 'kernel',
  what: 'its kernel is found from outside, by registers and by searching, with all symbols of /proc/kallsyms and the types of its own BTF',
  timeoutSeconds: 300,
  async run({ guest }) {
    const version = (await guest.agent.run('cat /proc/version')).trim();
    const btfHash = (await guest.agent.run('sha256sum /sys/kernel/btf/vmlinux')).split(' ')[0];
    const symbols = guestSymbols(await guest.agent.readFile('/proc/kallsyms', 200_000));
    const connection = await openConnection({ uri: guest.host.unixUri });
    try {
      const monitor = qemuMonitor(connection, await connection.call(lookupDomainByName, { name: guest.name }));
      const memory = await openProcessMemory(guest.qemuPid() ?? 0, monitor);
      try {
        const profiles = createProfiles();
        const timed = async (find: 'registers' | 'scan'): Promise<{ found: Kernel; milliseconds: number }> => {
          const start = performance.now();
          const found = await openKernel(memory, monitor, { find, profiles });
          return { found, milliseconds: Math.round(performance.now() - start) };
        };
        const [cold, known, scan] = [await timed('registers'), await timed('registers'), await timed('scan')];
        for (const { found } of [cold, known, scan]) {
          if (found.banner !== version || found.btfHash !== btfHash) throw new Error(`found "${found.banner}" with types ${found.btfHash} instead of "${version}" with ${btfHash ?? 'none'}`);
          if (!(await isRunning(memory, monitor, found))) throw new Error('no virtual CPU runs the kernel that was just found');
        }
        expectRandomPlaces(cold.found);
        const different = [...differences(cold.found, symbols), ...differences(scan.found, symbols)];
        if (symbols.size < 50_000 || different.length > 0) throw new Error(`of ${symbols.size} symbols: ${different.join('; ')}`);
        return { symbols: symbols.size, coldStartMilliseconds: cold.milliseconds, knownStartMilliseconds: known.milliseconds, scanStartMilliseconds: scan.milliseconds };
      } finally {
        memory.close();
      }
    } finally {
      await connection.close();
    }
  },
};

/** Where kernels lie that were told to lie nowhere else: with four and with five levels of page tables. */
const USUAL = { text: 0xffff_ffff_8100_0000n, directMaps: [0xffff_8880_0000_0000n, 0xff11_0000_0000_0000n] };

/** KASLR: either may be where it is without by chance, and hardly both. */
function expectRandomPlaces(found: Kernel): void {
  const directMap = found.readU64(found.symbol('page_offset_base'));
  if (found.symbol('_text') === USUAL.text && directMap !== null && USUAL.directMaps.includes(directMap)) throw new Error('its kernel lies where it lies without KASLR');
}
