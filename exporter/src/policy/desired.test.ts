import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DOMAIN_STATE_CODES } from '../vocabulary.ts';
import type { DomainStateName } from '../vocabulary.ts';
import { effectiveDesired, firstDesired, nextDesired } from './desired.ts';
import type { DesiredEvent } from './desired.ts';
import type { Stop } from './types.ts';

const REASONS: Stop['reason'][] = ['failed', 'crashed', 'panicked', 'destroyed', 'shutdown', 'migrated', 'saved', 'from_snapshot', 'daemon', 'unknown'];
const WISHES = ['shutdown', 'destroyed'];
const by = fc.constantFrom('recovery' as const, 'operator' as const, 'other' as const);
const desired = fc.constantFrom('running' as const, 'stopped' as const);
const restart = fc.constantFrom('on-failure' as const, 'always' as const);

describe('first listing', () => {
  const active: DomainStateName[] = ['running', 'paused', 'crashed', 'pmsuspended'];
  test.each(Object.keys(DOMAIN_STATE_CODES) as DomainStateName[])('%s', (state) => {
    const first = (autostart: boolean, relocate: boolean): string => firstDesired({ state, autostart, relocate });
    expect(first(false, false)).toBe(active.includes(state) ? 'running' : 'stopped');
    expect(first(true, false)).toBe('running');
    expect(first(true, true)).toBe(first(false, true));
  });
});

describe('stops', () => {
  test.each(REASONS)('%s', (reason) => {
    const event = { kind: 'stopped', by: 'other', reason } as const;
    expect(nextDesired('running', event, 'on-failure')).toBe(WISHES.includes(reason) ? 'stopped' : 'running');
    expect(nextDesired('running', event, 'always')).toBe('running');
    expect(nextDesired('running', { ...event, by: 'recovery' }, 'on-failure')).toBe('running');
    expect(nextDesired('running', { ...event, by: 'operator' }, 'always')).toBe('stopped');
  });

  test('undefined: a wish under on-failure, unless it still runs or its definition stayed behind after a migration', () => {
    const event = { kind: 'undefined', by: 'other', active: false, lastStop: 'destroyed' } as const;
    expect(nextDesired('running', event, 'on-failure')).toBe('stopped');
    expect(nextDesired('running', event, 'always')).toBe('running');
    expect(nextDesired('running', { ...event, active: true }, 'on-failure')).toBe('running');
    expect(nextDesired('running', { ...event, lastStop: 'migrated' }, 'on-failure')).toBe('running');
    expect(nextDesired('running', { ...event, lastStop: null }, 'on-failure')).toBe('stopped');
  });
});

test('an observed start makes it running, unless a recovery made it', () => {
  for (const policy of ['on-failure', 'always'] as const) {
    expect(nextDesired('stopped', { kind: 'started', by: 'other' }, policy)).toBe('running');
    expect(nextDesired('stopped', { kind: 'started', by: 'operator' }, policy)).toBe('running');
    expect(nextDesired('stopped', { kind: 'started', by: 'recovery' }, policy)).toBe('stopped');
  }
});

test('a fault, a migration or an action of a recovery never changes it; `always` never stops what nobody told us of', () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant('started'), by }),
    fc.record({ kind: fc.constant('stopped'), by, reason: fc.constantFrom(...REASONS) }),
    fc.record({ kind: fc.constant('undefined'), by, active: fc.boolean(), lastStop: fc.option(fc.constantFrom(...REASONS)) }),
  ) as fc.Arbitrary<DesiredEvent>;
  fc.assert(
    fc.property(desired, event, restart, (current, given, policy) => {
      const after = nextDesired(current, given, policy);
      if (given.by === 'recovery') expect(after).toBe(current);
      if (given.by !== 'other' || given.kind === 'started') return;
      if (policy === 'always') expect(after).toBe(current);
      if (given.kind === 'stopped' && !WISHES.includes(given.reason)) expect(after).toBe(current);
    }),
  );
});

test("the inventory's word counts before what is kept, also where it does not name the domain", () => {
  expect(effectiveDesired('stopped', 'running')).toBe('stopped');
  expect(effectiveDesired(null, 'running')).toBeNull();
  expect(effectiveDesired(undefined, 'running')).toBe('running');
});
