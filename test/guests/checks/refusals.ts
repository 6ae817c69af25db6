import { startByInjection, startByKeyboard, startBySysrq } from '../../../exporter/src/guest/actions/index.ts';
import type { ActionTools, Way } from '../../../exporter/src/guest/actions/index.ts';
import type { GuestCheck } from '../check.ts';
import { guestFiles } from './guest-files.ts';
import { REASONS_TO_REFUSE } from './reasons-to-refuse.ts';
import { actOn, reasonOf } from './unharmed.ts';

/** Rules refuse in real guests, not only by what tests make up for them. */
export const refusals: GuestCheck = {
  name: 'refusals',
  what: 'what rules refuse by is brought about in it, one after the other: each way that they are asked for is refused, with that reason, and nothing is changed',
  timeoutSeconds: 600,
  async run({ guest, entry, note }) {
    await using acted = await actOn(guest);
    const { tools, folder } = acted.opened;
    const files = guestFiles(guest, 'refused');
    const command = ['/bin/touch', files.path('never')];
    const start: Record<Way, (changed: ActionTools) => Promise<unknown>> = {
      keyboard: (changed) => startByKeyboard(changed, command),
      sysrq: (changed) => startBySysrq(changed, null, command),
      injection: (changed) => startByInjection(changed, folder, command),
    };
    let asked = 0;
    for (const { reason, ways, needsKeyboard, bringAbout } of REASONS_TO_REFUSE) {
      if (needsKeyboard === true && entry.options.keyboard === false) continue;
      const brought = await bringAbout({ guest, tools, folder });
      if (brought === null) {
        note(`${reason}: this kernel has no such thing`);
        continue;
      }
      try {
        for (const way of ways) {
          const given = await reasonOf(start[way]({ ...tools, ...brought.tools }));
          if (given !== reason) throw new Error(`${reason} by ${way}: ${given ?? 'started'}`);
          asked += 1;
        }
      } finally {
        await brought.takeBack?.();
      }
      await acted.expectAsBefore();
    }
    if ((await files.count()) !== 0) throw new Error('what was refused ran');
    return { refused: asked };
  },
};
