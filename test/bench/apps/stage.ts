/** The whole product around two Debian guests, one for each way in which a recovery is released. */
import { join } from 'node:path';
import type { Lab, LinuxGuest } from '../../lab/lab.ts';
import { startGuestHelper } from '../../stack/guest-helper.ts';
import type { GuestHelper } from '../../stack/guest-helper.ts';
import { startStack } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';
import type { ConfigInput } from '../../stack/virtmedic-config.ts';
import { appOf, SERVICES } from './services.ts';

export const PATHS = ['direct', 'alert'] as const;
export type Path = (typeof PATHS)[number];

/** How often a guest is looked into; bench introspection tells what the guest notices of it. */
export const LOOK_SECONDS = 1;
const BOOT_DEADLINE_MS = 15 * 60_000;

export interface Stage extends AsyncDisposable {
  stack: Stack;
  /** One for each way that was asked for. */
  guests: ReadonlyMap<Path, LinuxGuest>;
}

export type StagePlan = Pick<ConfigInput, 'domains' | 'apps' | 'guest'>;

/** Many recoveries of one app in a row are the point here, so the budget is out of the way; everything else is as by default. */
export function planFor(helper: Pick<GuestHelper, 'runFolder'>): StagePlan {
  const ladder = { rungs: [{ action: 'restart_app' as const, timeoutSeconds: 30 }, { action: 'restart_app' as const, timeoutSeconds: 30, delaySeconds: 10 }] };
  const common = { managed: true, ladders: { app_down: ladder, app_hung: ladder } };
  return {
    domains: PATHS.map((path) => ({ ...common, match: { name: path }, trigger: path })),
    apps: SERVICES.map((service) => ({ name: service, match: { unit: appOf(service).unit }, port: appOf(service).port })),
    guest: { helperFolder: helper.runFolder, intervalSeconds: LOOK_SECONDS },
  };
}

export async function startStage(paths: readonly Path[], progress: (text: string) => void): Promise<Stage> {
  const guests = new Map<Path, LinuxGuest>();
  let helper: GuestHelper | null = null;
  try {
    const stack = await startStack({
      hosts: 1,
      name: 'apps',
      onProgress: progress,
      prepare: async (lab) => {
        for (const path of paths) guests.set(path, await bootGuest(lab, path, progress));
        helper = await startGuestHelper({ folder: join(lab.folder, 'helper'), host: lab.host(1), domains: ['*'] });
        return planFor(helper);
      },
    });
    return {
      stack,
      guests,
      async [Symbol.asyncDispose]() {
        await helper?.stop();
        await stack.stop();
      },
    };
  } catch (error) {
    await (helper as GuestHelper | null)?.stop();
    throw error;
  }
}

async function bootGuest(lab: Lab, name: string, progress: (text: string) => void): Promise<LinuxGuest> {
  progress(`booting the Debian guest "${name}"`);
  const guest = await lab.debianGuest(lab.host(1), { name, kernel: '6.12-cloud', cpu: 'max' });
  await guest.start();
  await guest.waitServing(BOOT_DEADLINE_MS);
  await guest.agent.waitReady(BOOT_DEADLINE_MS);
  return guest;
}
