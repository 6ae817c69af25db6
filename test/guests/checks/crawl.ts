import { setTimeout as sleep } from 'node:timers/promises';
import { healDomain, startByKeyboard } from '../../../exporter/src/guest/actions/index.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import type { GuestCheck } from '../check.ts';
import { guestFiles } from './guest-files.ts';
import { actOn, reasonOf } from './unharmed.ts';

export const STARTS = 200;
const PARTS = 10;
/** The guest gets a tenth of the time, in pieces; every now and then a piece is missing for longer than a start waits for a key. */
const CRAWL = { periodMs: 100, runMs: 10, everyNth: 97, pauseMs: 2500 };

/** No start ever restarts a guest, however slow it is. */
export const crawl: GuestCheck = {
  name: 'crawl',
  what: `${STARTS} starts while it is slowed to a crawl never restart it; each ran its program, or was refused and left nothing`,
  timeoutSeconds: 1200,
  parts: PARTS,
  onlyByName: true,
  appliesTo: ({ options }) => options.keyboard !== false,
  async run({ guest, part, signal, note }) {
    await using acted = await actOn(guest);
    const { tools, healTools } = acted.opened;
    const files = guestFiles(guest, `crawl${part}`);
    const before = acted.hookBytes();
    const outcomes = new Map<string, number>();
    const slowed = slowDown(tools.domain.qemuPid, signal);
    try {
      for (let start = 0; start < STARTS / PARTS; start++) {
        signal.throwIfAborted();
        const reason = (await reasonOf(startByKeyboard(tools, ['/bin/touch', files.path(String(start))]))) ?? 'started';
        outcomes.set(reason, (outcomes.get(reason) ?? 0) + 1);
        await waitUntil('healing', async () => (await healDomain(healTools)).result !== 'left', { deadlineMs: 120_000 });
        if (acted.hookBytes() !== before) throw new Error(`hooked memory is not as it was after start ${start} (${reason})`);
      }
    } finally {
      await slowed.end();
    }
    note(`part ${part + 1} of ${PARTS}: ${describe(outcomes)}`);
    await guest.agent.waitReady();
    await acted.expectAsBefore();
    const started = outcomes.get('started') ?? 0;
    await waitUntil('the files', async () => (await files.count()) >= started, { deadlineMs: 60_000 });
    const odd = [...outcomes.keys()].filter((reason) => !['started', 'keyboard-dead', 'fence-lost', 'work-stuck'].includes(reason));
    if (odd.length > 0) throw new Error(`starts ended with ${odd.join()}`);
    if (started === 0) throw new Error('not one start came to its end: nothing was shown');
    await files.remove();
    return { starts: STARTS / PARTS, started, refused: outcomes.get('keyboard-dead') ?? 0, healed: (outcomes.get('fence-lost') ?? 0) + (outcomes.get('work-stuck') ?? 0) };
  },
};

function describe(outcomes: ReadonlyMap<string, number>): string {
  return [...outcomes].map(([reason, count]) => `${reason} ${count}`).join(', ');
}

/** Stops and continues a process of our own again and again; `end` leaves it running. */
function slowDown(pid: number, signal: AbortSignal): { end(): Promise<void> } {
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const crawling = (async () => {
    for (let period = 1; !either.aborted; period++) {
      process.kill(pid, 'SIGSTOP');
      await sleep(period % CRAWL.everyNth === 0 ? CRAWL.pauseMs : CRAWL.periodMs - CRAWL.runMs, undefined, { signal: either }).catch(() => undefined);
      process.kill(pid, 'SIGCONT');
      await sleep(CRAWL.runMs, undefined, { signal: either }).catch(() => undefined);
    }
  })();
  return {
    async end() {
      ending.abort();
      await crawling;
    },
  };
}
