/** A supervisor over a fake clock, fake looks and domains that a test names. */
import type { AppDeclaration } from '../../../config/apps.ts';
import { createFakeClock } from '../../../events/fake-clock.ts';
import type { ProbeResult } from '../../probe.ts';
import type { DeclaredApp } from '../declared.ts';
import type { GuestHealth } from '../guest-health.ts';
import type { Hold, WatchableDomain } from '../hold.ts';
import type { GuestLook } from '../look.ts';
import { createSupervisor } from '../supervisor.ts';
import { declared } from './declared.ts';
import { fakeSource } from './fake-source.ts';
import { list, process, unknown } from './looks.ts';

export const INTERVAL_MS = 2_000;
export const PAUSED: Hold = { reason: 'paused', text: 'the domain is held (paused, user)' };

export function uuidOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
export const A = uuidOf(1);
export const B = uuidOf(2);

export function supervision() {
  const clock = createFakeClock();
  const source = fakeSource();
  const domains = new Map<string, WatchableDomain>();
  const apps = new Map<string, DeclaredApp[]>();
  const changes: string[] = [];
  const healths: { uuid: string; health: GuestHealth }[] = [];
  const warnings: string[] = [];
  const infos: string[] = [];
  const probe: { result: ProbeResult } = { result: { ok: true } };
  const supervisor = createSupervisor({
    clock,
    source,
    intervalMs: INTERVAL_MS,
    domains: () => [...domains.values()],
    declared: ({ uuid }) => apps.get(uuid) ?? [],
    onAppChanged: (uuid, app) => changes.push(`${uuid} ${app} ${supervisor.view.app(uuid, app)?.verdict.state ?? 'gone'}`),
    onGuestHealth: (_host, uuid, health) => healths.push({ uuid, health }),
    onInfo: (text) => infos.push(text),
    onWarning: (text) => warnings.push(text),
    runProbe: () => Promise.resolve(probe.result),
  });
  return {
    clock,
    source,
    domains,
    apps,
    changes,
    healths,
    warnings,
    infos,
    probe,
    supervisor,
    /** A domain with one app. */
    put(uuid: string, { hold = null, host = 'h1', app = declared() }: { hold?: Hold | null; host?: string; app?: AppDeclaration | null } = {}): void {
      domains.set(uuid, { uuid, name: `vm-${uuid.at(-1)}`, host, hold });
      if (app !== null) apps.set(uuid, [{ app, declaredBy: 'configuration' }]);
    },
    up: (): GuestLook => list(clock.monotonicMs(), [process()]),
    down: (): GuestLook => list(clock.monotonicMs(), []),
    refused: (reason: string): GuestLook => unknown(clock.monotonicMs(), reason),
    state: (uuid: string): string | undefined => supervisor.view.app(uuid, 'web')?.verdict.state,
    fault: (uuid: string): string | null | undefined => supervisor.view.app(uuid, 'web')?.verdict.fault,
  };
}
