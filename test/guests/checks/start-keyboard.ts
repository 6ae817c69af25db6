import { startByKeyboard } from '../../../exporter/src/guest/actions/index.ts';
import type { GuestCheck } from '../check.ts';
import { guestFiles } from './guest-files.ts';
import { actOn, reasonOf } from './unharmed.ts';

const STARTS = 5;

/** Programs are started by the keyboard, and the guest is as it was; where it has none, nothing is written. */
export const startKeyboard: GuestCheck = {
  name: 'start-keyboard',
  what: 'programs are started in it by the keyboard, or refused where it has none, and hooked memory is restored to the byte',
  timeoutSeconds: 300,
  async run({ guest, entry }) {
    await using acted = await actOn(guest);
    const { tools } = acted.opened;
    const files = guestFiles(guest, 'keyboard');
    if (entry.options.keyboard === false) {
      const reason = await reasonOf(startByKeyboard(tools, ['/bin/touch', files.path('never')]));
      if (reason !== 'keyboard-dead' && reason !== 'keyboard-off') throw new Error(`a guest without a keyboard: ${reason ?? 'started'}`);
      await acted.expectAsBefore();
      if ((await files.count()) !== 0) throw new Error('what was refused ran');
      return undefined;
    }
    const before = acted.hookBytes();
    const heldMs: number[] = [];
    for (let start = 0; start < STARTS; start++) {
      heldMs.push((await startByKeyboard(tools, ['/bin/touch', files.path(String(start))])).heldMs);
      if (acted.hookBytes() !== before) throw new Error('hooked memory is not as it was right after a start');
      await files.expect(String(start));
    }
    await startByKeyboard(tools, ['/bin/is-not-there']);
    await acted.expectAsBefore();
    await files.remove();
    return { starts: STARTS, heldMillisecondsMost: Math.round(Math.max(...heldMs)) };
  },
};
