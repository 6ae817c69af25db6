/** What the declared probes of a domain say together. */
import type { Config } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';
import type { Perception } from '../perception/index.ts';
import { probeName } from '../perception/probe.ts';
import { selectPolicy } from '../policy/selectors.ts';
import type { ProbeState } from './context.ts';

interface Declared {
  name: string;
  state: 'answering' | 'failing' | 'failed' | 'pending';
  answeredAtMs: number | null;
}

function declaredProbes(perception: Perception, config: Config, uuid: string): Declared[] {
  const observed = perception.view.observed(uuid, null);
  const host = observed.kind === 'present' ? observed.host : null;
  const sighting = perception.view.sightings().find((one) => one.uuid === uuid && (host === null || one.host === host));
  if (!sighting) return [];
  const reports = new Map(perception.probes(sighting.host, uuid).map((report) => [report.probe, report]));
  return selectPolicy(config, sighting, 'running').probes.map((probe) => {
    const name = probeName(probe, sighting.name);
    const report = reports.get(name);
    return { name, state: report?.state ?? 'pending', answeredAtMs: report?.answeredAtMs ?? null };
  });
}

/** `failed` only when every declared probe has failed as often as configured. */
export function probeState(perception: Perception, config: Config, uuid: string): ProbeState {
  const declared = declaredProbes(perception, config, uuid);
  if (declared.length === 0) return 'none';
  if (declared.some((probe) => probe.state === 'answering')) return 'answering';
  return declared.every((probe) => probe.state === 'failed') ? 'failed' : 'pending';
}

/** Every declared probe answers, and has done so at or after `sinceMs` (wall clock). True where none is declared. */
export function probesAnsweredSince(perception: Perception, config: Config, clock: Clock, uuid: string, sinceMs: number): boolean {
  const agoMs = clock.nowMs() - sinceMs;
  const sinceMonotonicMs = clock.monotonicMs() - agoMs;
  return declaredProbes(perception, config, uuid).every((probe) => probe.answeredAtMs !== null && probe.answeredAtMs >= sinceMonotonicMs);
}
