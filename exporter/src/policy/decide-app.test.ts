import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { APP_FAULTS, FORECAST_FAULTS, INCIDENT_FAULTS, isForecast } from '../vocabulary.ts';
import { decideApp } from './decide-app.ts';
import type { AppDecision, DecideAppInput, ObservedApp } from './decide-app.ts';
import type { Observed } from './types.ts';

type Present = Extract<Observed, { kind: 'present' }>;
const present = (more: Partial<Present> = {}): Observed => ({ kind: 'present', host: 'h1', state: 'running', reason: 'booted', sinceMs: 1, persistent: true, health: 'healthy', evidence: [], lastStop: null, ...more });
const absent = (completeListings: number): Observed => ({ kind: 'absent', lastHost: 'h1', completeListings, undefinedSeen: false, lastStop: null });
const app = (state: ObservedApp['state'], fault: ObservedApp['fault'] = null, proof = 'proof'): ObservedApp => ({ state, fault, proof });

const WELL: DecideAppInput = { desired: 'running', domain: present(), domainIncident: null, domainBusy: false, app: app('up'), declaredKnown: true };
const DOWN = app('faulty', 'app_down');

/** Each row with an app that would be recovered if its domain let it, unless the row says what the app is. */
const ROWS: [string, Partial<DecideAppInput>, string][] = [
  ['domain not heard', { domain: { kind: 'unknown', host: 'h1' } }, 'nothing'],
  ['domain running on two hosts', { domain: { kind: 'duplicated', hosts: ['a', 'b'] } }, 'nothing'],
  ['domain with an open incident of its own', { domainIncident: { fault: 'domain_hung' } }, 'nothing, ends parent'],
  ['domain with an incident that is only forecast', { domainIncident: { fault: 'domain_failing' } }, 'incident app_down'],
  ['domain with an order under way', { domainIncident: { fault: 'requested' } }, 'nothing'],
  ['domain, or another app in it, being worked on', { domainBusy: true }, 'nothing'],
  ['domain not in the inventory', { desired: null }, 'nothing, ends not_managed'],
  ['domain absent from one complete listing', { domain: absent(1) }, 'nothing'],
  ['domain absent', { domain: absent(2) }, 'nothing, ends parent'],
  ['domain shut off', { domain: present({ state: 'shutoff', reason: 'crashed' }) }, 'nothing, ends parent'],
  ['domain absent or shut off, to be stopped', { desired: 'stopped', domain: present({ state: 'shutoff', reason: 'shutdown' }) }, 'nothing, ends desired_stopped'],
  ['domain paused, crashed or suspended', { domain: present({ state: 'paused', reason: 'user' }) }, 'nothing'],
  ['domain hung or panicked', { domain: present({ health: 'hung', evidence: ['watchdog'] }) }, 'nothing'],
  ['domain running, but to be stopped', { desired: 'stopped' }, 'nothing, ends desired_stopped'],
  ['domain well, app not declared any more', { app: null }, 'nothing, ends forgotten'],
  ['domain well, not known yet which apps are declared', { app: null, declaredKnown: false }, 'nothing'],
  ['domain well, app up', { app: app('up') }, 'healthy'],
  ['domain well, app off, as it may be', { app: app('off') }, 'healthy'],
  ['domain well, app starting, doubtful, unknown or muted', { app: app('unknown', 'app_down') }, 'nothing'],
  ['domain well, app faulty with proof', {}, 'incident app_down'],
  ['domain well, app faulty without proof', { app: app('faulty', 'app_hung', '') }, 'nothing'],
];

function summary(decision: AppDecision): string {
  const fault = 'fault' in decision ? ` ${decision.fault}` : '';
  return `${decision.kind}${fault}${'ends' in decision ? `, ends ${decision.ends}` : ''}`;
}

describe('the table', () => {
  test.each(ROWS)('%s', (_name, more, expected) => {
    const decision = decideApp({ ...WELL, app: DOWN, ...more });
    expect(summary(decision)).toBe(expected);
    expect(decision.why).not.toBe('');
  });

  test('stands in README.md as it is tested here', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    expect(readme).toContain(ROWS.map(([seen, , expected]) => `| ${seen} | ${expected.replace('app_down', 'with its fault')} |`).join('\n'));
  });
});

const observed = fc.oneof(
  fc.record({ kind: fc.constant('unknown'), host: fc.option(fc.string()) }),
  fc.record({ kind: fc.constant('duplicated'), hosts: fc.array(fc.string()) }),
  fc.record({ kind: fc.constant('absent'), lastHost: fc.option(fc.string()), completeListings: fc.nat({ max: 4 }), undefinedSeen: fc.boolean(), lastStop: fc.constant(null) }),
  fc.record({
    kind: fc.constant('present'),
    host: fc.string(),
    state: fc.constantFrom('running', 'running', 'paused', 'shutoff', 'crashed', 'pmsuspended'),
    reason: fc.string(),
    sinceMs: fc.integer(),
    persistent: fc.boolean(),
    health: fc.constantFrom('healthy', 'healthy', 'failing', 'hung', 'panicked'),
    evidence: fc.array(fc.string(), { maxLength: 2 }),
    lastStop: fc.constant(null),
  }),
) as fc.Arbitrary<Observed>;

const input: fc.Arbitrary<DecideAppInput> = fc.record({
  desired: fc.constantFrom('running' as const, 'running' as const, 'stopped' as const, null),
  domain: observed,
  domainIncident: fc.option(fc.record({ fault: fc.constantFrom(...INCIDENT_FAULTS) }), { freq: 1 }),
  domainBusy: fc.boolean(),
  app: fc.option(
    fc.record({
      state: fc.constantFrom('faulty' as const, 'faulty' as const, 'up' as const, 'starting' as const, 'off' as const, 'doubtful' as const, 'faulty' as const, 'unknown' as const, 'muted' as const),
      fault: fc.option(fc.constantFrom(...APP_FAULTS), { freq: 8 }),
      proof: fc.string(),
    }),
  ),
  declaredKnown: fc.boolean(),
});

const RUNS = { numRuns: 5000 };

test('every situation has a decision with a reason, the same each time', () => {
  fc.assert(
    fc.property(input, (given) => {
      const decision = decideApp(given);
      expect(['nothing', 'healthy', 'incident']).toContain(decision.kind);
      expect(decision.why).not.toBe('');
      expect(decideApp(structuredClone(given))).toEqual(decision);
    }),
    RUNS,
  );
});

test('an action is permitted only on a fault that is proven, in a domain that is seen to run, is wanted and is left alone', () => {
  let permitted = 0;
  fc.assert(
    fc.property(input, (given) => {
      const decision = decideApp(given);
      if (decision.kind !== 'incident') return;
      permitted += 1;
      const { app: seen, domain, domainIncident } = given;
      expect(seen).toMatchObject({ state: 'faulty', fault: decision.fault });
      expect(seen?.proof).not.toBe('');
      expect(domain).toMatchObject({ kind: 'present', state: 'running' });
      expect(['healthy', 'failing']).toContain(domain.kind === 'present' ? domain.health : '');
      expect(given).toMatchObject({ desired: 'running', domainBusy: false });
      if (domainIncident !== null) expect(FORECAST_FAULTS).toContain(domainIncident.fault);
    }),
    RUNS,
  );
  expect(permitted).toBeGreaterThan(10);
});

test('what is not known of domain or app neither ends an incident nor goes on with it', () => {
  fc.assert(
    fc.property(input, (given) => {
      const unknown = decideApp({ ...given, domain: { kind: 'unknown', host: 'h1' } });
      expect([unknown.kind, 'ends' in unknown]).toEqual(['nothing', false]);
      const blind = decideApp({ ...WELL, app: app('unknown', given.app?.fault ?? null, given.app?.proof ?? '') });
      expect([blind.kind, 'ends' in blind]).toEqual(['nothing', false]);
    }),
  );
});

test("an incident of the domain is the parent of all its apps'", () => {
  fc.assert(
    fc.property(input, fc.constantFrom(...INCIDENT_FAULTS.filter((fault) => fault !== 'requested' && !isForecast(fault))), (given, fault) => {
      if (given.domain.kind === 'unknown' || given.domain.kind === 'duplicated') return;
      expect(decideApp({ ...given, domainIncident: { fault } })).toMatchObject({ kind: 'nothing', ends: 'parent' });
    }),
  );
});
