import { startBySysrq } from '../../../exporter/src/guest/actions/index.ts';
import type { GuestCheck } from '../check.ts';
import { guestFiles } from './guest-files.ts';
import { openSerialConsole } from './serial-console.ts';
import { actOn, reasonOf } from './unharmed.ts';

const STARTS = 5;
/** What Debian's kernels have: no signals by SysRq, and so no SysRq-F. */
const CLOSED = 438;

/** Programs are started over the serial console, and no process of the guest is killed instead. */
export const startSerial: GuestCheck = {
  name: 'start-serial',
  what: 'programs are started in it over its serial console, it refuses where SysRq is open, nothing is killed, and hooked memory is restored to the byte',
  timeoutSeconds: 300,
  async run({ guest }) {
    const earlier = (await guest.agent.run('cat /proc/sys/kernel/sysrq')).trim();
    const permit = (value: number | string) => guest.agent.run(`echo ${value} > /proc/sys/kernel/sysrq`);
    await permit(CLOSED);
    try {
      await using acted = await actOn(guest);
      await using console = await openSerialConsole(guest, acted.opened);
      const { tools } = acted.opened;
      const files = guestFiles(guest, 'serial');
      const heldMs: number[] = [];
      for (let start = 0; start < STARTS; start++) {
        heldMs.push((await startBySysrq(tools, console, ['/bin/touch', files.path(String(start))])).heldMs);
        await files.expect(String(start));
      }
      await acted.expectAsBefore();
      if (/Out of memory|Killed process/.test(await guest.agent.run('dmesg'))) throw new Error('a process was killed');
      await permit(1);
      const reason = await reasonOf(startBySysrq(tools, console, ['/bin/touch', files.path('never')]));
      await permit(CLOSED);
      if (reason !== 'sysrq-open') throw new Error(`SysRq-F allowed in the guest: ${reason ?? 'started'}`);
      await acted.expectAsBefore();
      if ((await files.count()) !== STARTS) throw new Error('what was refused ran');
      await files.remove();
      return { starts: STARTS, heldMillisecondsMost: Math.round(Math.max(...heldMs)) };
    } finally {
      await permit(earlier);
    }
  },
};
