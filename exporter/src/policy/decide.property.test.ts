import fc from 'fast-check';
import { expect, test } from 'vitest';
import { INCIDENT_FAULTS, INCIDENT_STATES } from '../vocabulary.ts';
import { decide } from './decide.ts';
import type { DecideInput } from './decide.ts';
import type { Observed } from './types.ts';

const KNOWN_REASONS = [
  'unknown', 'user', 'migration', 'save', 'dump', 'ioerror', 'watchdog', 'from_snapshot', 'shutting_down', 'snapshot', 'crashed', 'starting_up',
  'postcopy', 'postcopy_failed', 'shutdown', 'destroyed', 'migrated', 'saved', 'failed', 'daemon', 'panicked', 'booted', '', '__proto__',
];
const reason = fc.oneof(fc.constantFrom(...KNOWN_REASONS), fc.string());
const time = fc.integer({ min: -1, max: 2 ** 41 });
const stopReason = fc.constantFrom('failed', 'crashed', 'panicked', 'destroyed', 'shutdown', 'migrated', 'saved', 'from_snapshot', 'daemon', 'unknown');
const lastStop = fc.option(fc.record({ atMs: time, reason: stopReason }));

const observed = fc.oneof(
  fc.record({ kind: fc.constant('unknown'), host: fc.option(fc.string()) }),
  fc.record({ kind: fc.constant('duplicated'), hosts: fc.array(fc.string()) }),
  fc.record({
    kind: fc.constant('absent'),
    lastHost: fc.option(fc.string()),
    completeListings: fc.nat({ max: 4 }),
    undefinedSeen: fc.boolean(),
    lastStop,
  }),
  fc.record({
    kind: fc.constant('present'),
    host: fc.string(),
    state: fc.constantFrom('running', 'paused', 'shutoff', 'crashed', 'pmsuspended'),
    reason,
    sinceMs: time,
    persistent: fc.boolean(),
    health: fc.constantFrom('healthy', 'failing', 'hung', 'panicked'),
    evidence: fc.array(fc.string(), { maxLength: 3 }),
    lastStop,
  }),
) as fc.Arbitrary<Observed>;

const input: fc.Arbitrary<DecideInput> = fc.record({
  policy: fc.record({
    managed: fc.boolean(),
    dryRun: fc.boolean(),
    restartPolicy: fc.constantFrom('on-failure' as const, 'always' as const),
    relocate: fc.boolean(),
    restartPaused: fc.boolean(),
    desired: fc.constantFrom('running' as const, 'stopped' as const, null),
  }),
  observed,
  executing: fc.constantFrom('none' as const, 'busy' as const),
  incident: fc.option(fc.record({ fault: fc.constantFrom(...INCIDENT_FAULTS), state: fc.constantFrom(...INCIDENT_STATES) })),
  leftOffByUs: fc.boolean(),
  nowMs: time,
});

const RUNS = { numRuns: 20_000 };

test('every situation has a decision with a reason', () => {
  fc.assert(
    fc.property(input, (given) => {
      const decision = decide(given);
      expect(['nothing', 'healthy', 'notify', 'incident']).toContain(decision.kind);
      expect(decision.why).not.toBe('');
    }),
    RUNS,
  );
});

test('the same situation has the same decision', () => {
  fc.assert(
    fc.property(input, (given) => {
      expect(decide(given)).toEqual(decide(structuredClone(given)));
    }),
  );
});

/** Situations in which nothing may ever be done, by the design's own words. */
const mustNotAct = (given: DecideInput): boolean => {
  const { observed: seen, policy } = given;
  if (seen.kind === 'unknown' || seen.kind === 'duplicated' || given.executing === 'busy' || policy.desired === null) return true;
  if (seen.kind === 'absent') {
    return seen.completeListings < 2 || !seen.undefinedSeen || seen.lastStop?.reason === 'migrated' || policy.restartPolicy === 'on-failure';
  }
  if (policy.desired === 'stopped') return true;
  if (seen.state === 'pmsuspended') return true;
  if (seen.state === 'paused') return !['ioerror', 'watchdog', 'crashed'].includes(seen.reason);
  if (seen.state !== 'shutoff') return false;
  if (['saved', 'from_snapshot', 'migrated'].includes(seen.reason)) return true;
  if (given.leftOffByUs === true || ['crashed', 'failed', 'daemon'].includes(seen.reason)) return false;
  return policy.restartPolicy === 'on-failure' || !['shutdown', 'destroyed'].includes(seen.reason);
};

test('no incident where nothing may be done, and one for every proven fault', () => {
  fc.assert(
    fc.property(input, (given) => {
      const { kind } = decide(given);
      if (mustNotAct(given)) {
        expect(kind).not.toBe('incident');
        return;
      }
      const { observed: seen } = given;
      if (seen.kind === 'present' && seen.state === 'running') {
        if (seen.health === 'healthy') expect(kind).toBe('healthy');
        return;
      }
      expect(kind).toBe('incident');
    }),
    RUNS,
  );
});

test('a forecast is an incident only of a domain that is to run, runs, and has nothing else wrong with it', () => {
  fc.assert(
    fc.property(input, (given) => {
      const decision = decide(given);
      if (decision.kind !== 'incident' || decision.fault !== 'domain_failing') return;
      const { observed: seen, policy, incident } = given;
      expect(seen).toMatchObject({ kind: 'present', state: 'running', health: 'failing' });
      expect([policy.desired, given.executing]).toEqual(['running', 'none']);
      expect([null, 'domain_failing']).toContain(incident?.fault ?? null);
    }),
    RUNS,
  );
});

test('healthy only for what runs without complaint, or is stopped again after it was missing', () => {
  fc.assert(
    fc.property(input, (given) => {
      if (decide(given).kind !== 'healthy') return;
      const { observed: seen, policy, incident } = given;
      expect(seen.kind).toBe('present');
      if (seen.kind !== 'present') return;
      if (policy.desired === 'running') {
        expect(seen.state).toBe('running');
        const isOnlyForecast = seen.health === 'failing' && (seen.evidence.join('') === '' || (incident !== null && incident.fault !== 'domain_failing'));
        expect(seen.health === 'healthy' || isOnlyForecast).toBe(true);
      } else expect([policy.desired, seen.state, incident?.fault]).toEqual(['stopped', 'shutoff', 'domain_missing']);
    }),
    RUNS,
  );
});
