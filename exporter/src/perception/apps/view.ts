/** The latest that is known of apps and of the guests that they are in. */
import type { AppDeclaration } from '../../config/apps.ts';
import { HelperError } from '../../guest/helper/client.ts';
import type { GuestProcess } from '../../guest/processes/process.ts';
import type { GuestHealth } from './guest-health.ts';
import type { SeenLiveness } from './look.ts';
import type { SeenResources } from './resources.ts';
import type { AppVerdict } from './verdict.ts';

export interface AppStatus {
  /** Where its domain runs, or was last seen. */
  host: string;
  uuid: string;
  /** Name of the domain. */
  domain: string;
  app: AppDeclaration;
  declaredBy: 'configuration' | 'metadata';
  verdict: AppVerdict;
  /** Monotonic, of the latest observation that the verdict takes in. */
  atMs: number;
}

/** A guest that is looked into, or would be. */
export interface GuestStatus {
  host: string;
  uuid: string;
  /** Name of the domain. */
  domain: string;
  /** `ok`: the latest look gave a list of processes. */
  reading: 'ok' | 'unknown';
  /** Why it did not: a stable word, and a text for people. Null with `ok`. */
  reason: string | null;
  text: string | null;
  /** Monotonic, of the latest list; null: there was none since the guest is watched. */
  lastListAtMs: number | null;
  /** Processes in the latest list, kernel threads too; null while the latest look gave none. */
  processes: number | null;
  /** Of the latest look; null: unknown. */
  liveness: SeenLiveness | null;
  /** Likewise. */
  resources: SeenResources | null;
  health: GuestHealth;
}

/** Read synchronously by policy, metrics and the API. */
export interface AppsView {
  all(): readonly AppStatus[];
  of(uuid: string): readonly AppStatus[];
  app(uuid: string, name: string): AppStatus | null;
  /** Monotonic, of the oldest among the latest answers of the app's probes; null: it has none, or one has not answered since work of our own, or failed last. */
  answeredAtMs(uuid: string, name: string): number | null;
  guests(): readonly GuestStatus[];
  /** Null: nobody looks into it. */
  guest(uuid: string): GuestStatus | null;
  /**
   * A fresh list of a guest's processes, kernel threads too. It never says anything about an app.
   *
   * @throws HelperError the helper's refusal, or with a reason of this side: `no-helper`, `not-running`, `paused`, `migrating`,
   *   `host-unreachable`, `domain-not-found`; the signal's reason where that ends it
   */
  processes(uuid: string, signal: AbortSignal): Promise<{ processes: GuestProcess[] }>;
}

export const NO_HELPER = 'no guest helper is configured: run `virtmedic guest-helper` on the machine of the domain, and set `guest.helperFolder`';

/** Where no apps are supervised. */
export const NO_APPS: AppsView = {
  all: () => [],
  of: () => [],
  app: () => null,
  answeredAtMs: () => null,
  guests: () => [],
  guest: () => null,
  processes: () => Promise.reject(new HelperError('no-helper', NO_HELPER, { isRefusal: true })),
};
