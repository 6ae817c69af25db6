/** What the tour needs: the whole product around the guests that are broken, and the guest helper where something breaks inside one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest } from '../lab/lab.ts';
import { waitUntil } from '../lab/wait-until.ts';
import { seriesValue } from '../stack/api.ts';
import { startGuestHelper } from '../stack/guest-helper.ts';
import type { GuestHelper } from '../stack/guest-helper.ts';
import { startStack } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { TOUR, makeGuests, treatmentOf } from './breaks.ts';
import type { BreakName, DemoOptions } from './options.ts';

export interface Stage {
  readonly stack: Stack;
  readonly guests: ReadonlyMap<BreakName, Guest>;
  /** Waits until everything serves that is going to be broken, and virtmedic has seen the apps. */
  ready(): Promise<void>;
  /** Copies all logs to a folder. */
  saveLogs(folder: string): void;
  stop(): Promise<void>;
}

type Progress = (text: string) => void;

/** A kernel is looked for once, while other guests may still be booting. */
const FIRST_LOOK_DEADLINE_MS = 120_000;
/** An emulated guest that shares few processors with everything else here needs longer than a real one to come to where a call is safe. */
const PAUSE_BUDGET_MS = 1000;

export async function startStage({ hosts, breaks }: DemoOptions, progress: Progress): Promise<Stage> {
  let guests = new Map<BreakName, Guest>();
  let helper: GuestHelper | null = null;
  const stack = await startStack({
    hosts,
    name: 'demo',
    onProgress: progress,
    prepare: async (lab) => {
      progress(`lab ${lab.id} in ${lab.folder}`);
      guests = makeGuests(lab, breaks);
      for (const guest of new Set(guests.values())) {
        progress(`starting guest ${guest.name} on ${guest.host.name}`);
        await guest.start();
      }
      helper = await helperFor(guests, join(lab.folder, 'helper'), progress);
      return { ...treatmentOf(guests), ...(helper !== null && { guest: { helperFolder: helper.runFolder } }) };
    },
  }).catch(async (error: unknown) => {
    await (helper as GuestHelper | null)?.stop();
    throw error;
  });
  return {
    stack,
    guests,
    ready: () => untilReady(stack, guests),
    saveLogs(folder) {
      stack.saveLogs(folder);
      if (helper !== null) writeFileSync(join(folder, 'guest-helper.log'), helper.log());
    },
    async stop() {
      await helper?.stop();
      await stack.stop();
    },
  };
}

/** Allowed to look into, and act in, the guest that has an app to break, and no other. */
async function helperFor(guests: ReadonlyMap<BreakName, Guest>, folder: string, progress: Progress): Promise<GuestHelper | null> {
  const [guest] = [...guests].filter(([name]) => TOUR[name].app !== null).map(([, one]) => one);
  if (guest === undefined) return null;
  progress(`starting the guest helper: may read and change ${guest.name}, and hold it for ${PAUSE_BUDGET_MS} ms in one action (100 by default)`);
  return startGuestHelper({ folder, host: guest.host, domains: [guest.name], pauseBudgetMs: PAUSE_BUDGET_MS });
}

async function untilReady({ api }: Stack, guests: ReadonlyMap<BreakName, Guest>): Promise<void> {
  for (const [name, guest] of guests) {
    await guest.waitHttp();
    const { app } = TOUR[name];
    if (app === null) continue;
    const series = `virtmedic_app_up{host="${guest.host.name}",domain="${guest.name}",app="${app.name}"}`;
    const isUp = async (): Promise<boolean> => seriesValue(await api.metricsText(), series) === 1;
    await waitUntil(`${app.name} in ${guest.name}, seen by virtmedic`, isUp, { deadlineMs: FIRST_LOOK_DEADLINE_MS, intervalMs: 250 });
  }
}
