import { startByInjection } from '../../../exporter/src/guest/actions/index.ts';
import type { GuestCheck } from '../check.ts';
import { actOn, reasonOf } from './unharmed.ts';
import { guestFiles } from './guest-files.ts';

const CALLS = 5;

/** Kernel functions are called by the gdb server, whatever the processor's remedies against wrong predictions make of returns. */
export const inject: GuestCheck = {
  name: 'inject',
  what: 'programs are started in it by calls of its kernel, with arguments of any kind; one that is not there is said to be not there',
  timeoutSeconds: 300,
  async run({ guest }) {
    await using acted = await actOn(guest);
    const { tools, folder } = acted.opened;
    const files = guestFiles(guest, 'inject');
    const pausedMs: number[] = [];
    for (let call = 0; call < CALLS; call++) {
      const awkward = files.path(`two words "ä" ${call}`);
      pausedMs.push((await startByInjection(tools, folder, ['/bin/touch', files.path(String(call)), awkward])).heldMs);
      await files.expect(String(call));
    }
    if ((await files.count()) !== 2 * CALLS) throw new Error(`${await files.count()} files instead of ${2 * CALLS}: arguments did not arrive as they were`);
    const reason = await reasonOf(startByInjection(tools, folder, ['/bin/is-not-there']));
    if (reason !== 'call-failed') throw new Error(`a program that is not there: ${reason ?? 'started'}`);
    await acted.expectAsBefore();
    await files.remove();
    return { calls: CALLS, pausedMillisecondsMost: Math.round(Math.max(...pausedMs)) };
  },
};
