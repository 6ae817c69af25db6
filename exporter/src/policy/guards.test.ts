import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAULTS } from '../vocabulary.ts';
import { blastRadiusLimit, isInferred } from './blast-radius.ts';
import { budgetSinceMs } from './budget.ts';
import { guard, GUARDS } from './guards.ts';
import type { GuardContext, MaintenanceWindow } from './guards.ts';
import { DEFAULT_LADDERS } from './tables.ts';
import type { Observed } from './types.ts';

const NOW_MS = 1_700_000_000_000;
const UUID = 'a0000000-0000-4000-8000-000000000001';

const CLEAR: GuardContext = {
  origin: 'policy',
  phase: 'begin',
  nowMs: NOW_MS,
  target: { uuid: UUID, host: 'kvm1' },
  fault: 'domain_crashed',
  policy: { managed: true, dryRun: false },
  ladder: DEFAULT_LADDERS.domain_crashed,
  pause: null,
  maintenance: [],
  silence: { kind: 'clear' },
  onUnreachable: 'hold',
  lock: null,
  recent: { count: 0, lastEndedAtMs: null },
  blastRadius: { minimum: 5, ratio: 0.3, inferred: false, onHost: 0, domains: 40 },
  migrations: { atOnce: 1, perHour: 4, running: 0, runningFromHost: 0, begunAtMs: [] },
  concurrency: { global: 8, perHost: 2, running: 0, runningOnHost: 0 },
};
const window = (more: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  scope: { kind: 'all' },
  fromMs: NOW_MS - 1,
  untilMs: NOW_MS + 60_000,
  reason: 'new kernel',
  createdBy: 'ann',
  ...more,
});

/** For each guard, in order: what makes it object, and what it then says. */
const OBJECTIONS: Record<string, { context: Partial<GuardContext>; verdict: object }> = {
  not_managed: { context: { policy: { managed: false, dryRun: false } }, verdict: { kind: 'suppress', reason: 'not_managed' } },
  dry_run: { context: { policy: { managed: true, dryRun: true } }, verdict: { kind: 'suppress', reason: 'dry_run' } },
  pause: { context: { pause: { by: 'bob', reason: 'storage work' } }, verdict: { kind: 'hold', reason: 'pause', retryAtMs: null } },
  maintenance: { context: { maintenance: [window()] }, verdict: { kind: 'hold', reason: 'maintenance', retryAtMs: NOW_MS + 60_000 } },
  silence: { context: { silence: { kind: 'silenced', by: 'ann: known', untilMs: NOW_MS + 9 } }, verdict: { kind: 'hold', reason: 'silence', retryAtMs: NOW_MS + 9 } },
  alertmanager_unreachable: { context: { silence: { kind: 'unreachable', error: 'refused' } }, verdict: { kind: 'hold', reason: 'alertmanager_unreachable', retryAtMs: null } },
  busy: { context: { lock: { operation: 'restart' } }, verdict: { kind: 'hold', reason: 'busy', retryAtMs: null } },
  cooldown: { context: { recent: { count: 1, lastEndedAtMs: NOW_MS - 10_000 } }, verdict: { kind: 'hold', reason: 'cooldown', retryAtMs: NOW_MS + 20_000 } },
  budget: { context: { recent: { count: 3, lastEndedAtMs: NOW_MS - 60_000 } }, verdict: { kind: 'escalate' } },
  blast_radius: { context: { blastRadius: { minimum: 5, ratio: 0.3, inferred: true, onHost: 13, domains: 40 } }, verdict: { kind: 'hold', reason: 'blast_radius', retryAtMs: null } },
  migrations: { context: { migrations: { atOnce: 1, perHour: 4, running: 1, runningFromHost: 0, begunAtMs: [] } }, verdict: { kind: 'hold', reason: 'migrations', retryAtMs: null } },
  concurrency: { context: { concurrency: { global: 8, perHost: 2, running: 8, runningOnHost: 0 } }, verdict: { kind: 'hold', reason: 'concurrency', retryAtMs: null } },
};
const NAMES = Object.keys(OBJECTIONS);

test('nothing objects: allowed, without a note', () => {
  expect(guard(CLEAR)).toEqual({ kind: 'allow', notes: [] });
});

test('the guards are asked in the order of the design, and each has its test here', () => {
  expect(GUARDS.map(({ name }) => name)).toEqual(NAMES);
});

describe.each(NAMES)('%s', (name) => {
  const { context, verdict } = OBJECTIONS[name]!;

  test('objects, for a reason that a person can read', () => {
    const given = guard({ ...CLEAR, ...context });
    expect(given).toMatchObject(verdict);
    expect('why' in given && given.why.length).toBeGreaterThan(10);
  });

  test('and every guard before it objects first', () => {
    for (const earlier of NAMES.slice(0, NAMES.indexOf(name))) {
      const both = { ...CLEAR, ...context, ...OBJECTIONS[earlier]!.context };
      expect(guard(both), earlier).toMatchObject(OBJECTIONS[earlier]!.verdict);
    }
  });

  test("a person's order", () => {
    const binds = ['not_managed', 'dry_run', 'busy', 'concurrency'].includes(name);
    const given = guard({ ...CLEAR, ...context, origin: 'operator' });
    if (binds) expect(given).toMatchObject(verdict);
    else expect(given).toEqual({ kind: 'allow', notes: [expect.stringContaining("passed over by a person's order")] });
  });
});

describe('maintenance', () => {
  const held = (record: Partial<MaintenanceWindow>): boolean => guard({ ...CLEAR, maintenance: [window(record)] }).kind === 'hold';

  test('holds from its first moment until it expires', () => {
    expect(held({ fromMs: NOW_MS })).toBe(true);
    expect(held({ fromMs: NOW_MS + 1 })).toBe(false);
    expect(held({ untilMs: NOW_MS })).toBe(false);
  });

  test('covers its host or its domain only', () => {
    expect(held({ scope: { kind: 'host', host: 'kvm1' } })).toBe(true);
    expect(held({ scope: { kind: 'host', host: 'kvm2' } })).toBe(false);
    expect(held({ scope: { kind: 'domain', uuid: UUID.toUpperCase() } })).toBe(true);
    expect(held({ scope: { kind: 'domain', uuid: UUID.replace('1', '2') } })).toBe(false);
  });

  test('of several windows the last to end is named', () => {
    const windows = [window({ untilMs: NOW_MS + 5 }), window({ untilMs: NOW_MS + 500, reason: 'longer' }), window({ untilMs: NOW_MS + 50 })];
    expect(guard({ ...CLEAR, maintenance: windows })).toMatchObject({ retryAtMs: NOW_MS + 500, why: expect.stringContaining('longer') });
  });
});

describe('cooldown and budget', () => {
  test('bind the beginning of a recovery, not its rungs', () => {
    const recent = { count: 99, lastEndedAtMs: NOW_MS };
    expect(guard({ ...CLEAR, recent, phase: 'continue' }).kind).toBe('allow');
    expect(guard({ ...CLEAR, recent: { count: 2, lastEndedAtMs: NOW_MS - 30_000 } }).kind).toBe('allow');
  });

  test('without a budget there is no limit', () => {
    const ladder = DEFAULT_LADDERS.domain_paused;
    expect(budgetSinceMs(ladder, NOW_MS)).toBeNull();
    expect(guard({ ...CLEAR, ladder, recent: { count: 1000, lastEndedAtMs: NOW_MS } }).kind).toBe('allow');
  });

  test('the window slides', () => {
    expect(budgetSinceMs(DEFAULT_LADDERS.domain_missing, NOW_MS)).toBe(NOW_MS - 3_600_000);
  });
});

describe('migrations', () => {
  const facts = { atOnce: 2, perHour: 2, running: 0, runningFromHost: 0, begunAtMs: [] as number[] };
  const verdict = (more: Partial<typeof facts>) => guard({ ...CLEAR, migrations: { ...facts, ...more } });
  const HOUR_MS = 3_600_000;

  test('so many within an hour; the next one when the oldest of them is an hour old', () => {
    expect(verdict({ begunAtMs: [NOW_MS - HOUR_MS, NOW_MS - 10] }).kind).toBe('allow');
    expect(verdict({ begunAtMs: [NOW_MS - HOUR_MS + 5, NOW_MS - 10] })).toMatchObject({ kind: 'hold', reason: 'migrations', retryAtMs: NOW_MS + 5 });
    expect(verdict({ begunAtMs: [NOW_MS - 30, NOW_MS - 20, NOW_MS - 10] })).toMatchObject({ retryAtMs: NOW_MS - 20 + HOUR_MS });
  });

  test('one at once from a host, whatever is allowed over all hosts', () => {
    expect(verdict({ running: 1, runningFromHost: 0 }).kind).toBe('allow');
    expect(verdict({ running: 1, runningFromHost: 1 })).toMatchObject({ kind: 'hold', why: expect.stringContaining('from host kvm1') });
  });

  test('limit nothing but migrations', () => {
    expect(guard({ ...CLEAR, migrations: null }).kind).toBe('allow');
  });

  test('a clock that was set back by more than an hour holds nothing for longer', () => {
    expect(verdict({ begunAtMs: [NOW_MS + 2 * HOUR_MS, NOW_MS + 2 * HOUR_MS] }).kind).toBe('allow');
  });
});

test('Alertmanager unreachable: proceeds where configured, and notes it', () => {
  const context = { ...CLEAR, silence: { kind: 'unreachable', error: 'refused' }, onUnreachable: 'proceed' } as const;
  expect(guard(context)).toEqual({ kind: 'allow', notes: [expect.stringContaining('refused')] });
  expect(guard({ ...context, lock: { operation: 'stop' } })).toMatchObject({ reason: 'busy' });
});

test('one host has its own limit of recoveries under way', () => {
  expect(guard({ ...CLEAR, concurrency: { global: 8, perHost: 2, running: 2, runningOnHost: 2 } })).toMatchObject({ reason: 'concurrency', why: expect.stringContaining('kvm1') });
});

describe('blast radius', () => {
  test('believes the larger of minimum and share', () => {
    expect(blastRadiusLimit(10, { minimum: 5, ratio: 0.3 })).toBe(5);
    expect(blastRadiusLimit(40, { minimum: 5, ratio: 0.3 })).toBe(12);
    expect(blastRadiusLimit(100, { minimum: 5, ratio: 0.57 })).toBe(57);
    const radius = { minimum: 5, ratio: 0.3, inferred: true, domains: 40 };
    expect(guard({ ...CLEAR, blastRadius: { ...radius, onHost: 12 } }).kind).toBe('allow');
    expect(guard({ ...CLEAR, blastRadius: { ...radius, onHost: 13 } }).kind).toBe('hold');
  });

  test('never holds a fault that libvirt itself reported, however many there are', () => {
    expect(guard({ ...CLEAR, blastRadius: { minimum: 1, ratio: 0, inferred: false, onHost: 500, domains: 500 } }).kind).toBe('allow');
  });

  const seen = (more: Partial<Extract<Observed, { kind: 'present' }>>): Observed => ({
    kind: 'present',
    host: 'kvm1',
    state: 'running',
    reason: 'booted',
    sinceMs: 0,
    persistent: true,
    health: 'hung',
    evidence: ['probe tcp 10.0.0.5:22 failed 3 times; counters still for 12 s'],
    lastStop: null,
    ...more,
  });

  test('which faults are inferred from absence, silence or lost storage', () => {
    expect(FAULTS.filter((fault) => isInferred(fault, seen({})))).toEqual(['domain_paused', 'domain_missing', 'domain_hung']);
    expect(isInferred('domain_hung', seen({ state: 'paused', reason: 'watchdog' }))).toBe(false);
    expect(isInferred('domain_hung', seen({ evidence: ['probe failed', 'watchdog'] }))).toBe(false);
  });
});

test('any combination: the first guard that binds decides, the others before it are noted', () => {
  const combination = fc.record({ raised: fc.subarray(NAMES), origin: fc.constantFrom('policy' as const, 'operator' as const) });
  fc.assert(
    fc.property(combination, ({ raised, origin }) => {
      const contexts = raised.map((name) => OBJECTIONS[name]!.context);
      const managed = !raised.includes('not_managed');
      const context: GuardContext = { ...CLEAR, ...Object.assign({}, ...contexts), origin, policy: { managed, dryRun: raised.includes('dry_run') } };
      // Silence and unreachable exclude each other, and so do the two that read `recent`: the later one wins here.
      const real = raised.filter((name) => !(name === 'silence' && raised.includes('alertmanager_unreachable')) && !(name === 'cooldown' && raised.includes('budget')));
      const binding = real.find((name) => origin === 'policy' || GUARDS.find((known) => known.name === name)!.bindsOperator);
      const verdict = guard(context);
      if (binding === undefined) expect(verdict).toMatchObject({ kind: 'allow', notes: real.map(() => expect.any(String)) });
      else expect(verdict).toMatchObject(OBJECTIONS[binding]!.verdict);
    }),
  );
});
