import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FAULTS } from '../vocabulary.ts';
import type { DesiredState, Fault, RestartPolicy } from '../vocabulary.ts';
import { decide } from './decide.ts';
import type { DecideInput } from './decide.ts';
import type { Decision, Executing, Observed, Stop } from './types.ts';

const NOW_MS = 1_700_000_000_000;
const STOPPED_MS = NOW_MS - 5000;

type Present = Extract<Observed, { kind: 'present' }>;
type Absent = Extract<Observed, { kind: 'absent' }>;

const present = (state: Present['state'], reason: string, more: Partial<Present> = {}): Present => ({
  kind: 'present',
  host: 'kvm1',
  state,
  reason,
  sinceMs: NOW_MS - 90_000,
  persistent: true,
  health: 'healthy',
  evidence: [],
  lastStop: null,
  ...more,
});
const off = (reason: string): Present => present('shutoff', reason, { lastStop: { atMs: STOPPED_MS, reason: 'unknown' } });
const absent = (more: Partial<Absent> = {}): Absent => ({
  kind: 'absent',
  lastHost: 'kvm1',
  completeListings: 2,
  undefinedSeen: false,
  lastStop: null,
  ...more,
});
const stop = (reason: Stop['reason']): Stop => ({ atMs: STOPPED_MS, reason });
const undefined_ = absent({ undefinedSeen: true, lastStop: stop('destroyed') });

/** One row of the table in README.md; a list is every value for which it holds. */
interface Row {
  wanted: readonly (DesiredState | null)[];
  /** What is seen, for people. */
  seen: string;
  observed: readonly Observed[];
  restart?: RestartPolicy;
  executing?: readonly Executing[];
  leftOff?: boolean;
  removed?: boolean;
  incident?: Fault;
  /** `KIND [FAULT][, ends REASON]` */
  expected: string;
}

const ANY = ['running', 'stopped', null] as const;
const RUN = ['running'] as const;
const STOP = ['stopped'] as const;
const BOTH: readonly Executing[] = ['none', 'busy'];
const busyRows: Observed[] = [present('running', 'booted'), off('crashed'), present('paused', 'ioerror'), absent()];

const ROWS: Row[] = [
  { wanted: ANY, seen: 'host not heard', observed: [{ kind: 'unknown', host: 'kvm1' }, { kind: 'unknown', host: null }], executing: BOTH, expected: 'nothing' },
  { wanted: ANY, seen: 'running on two hosts', observed: [{ kind: 'duplicated', hosts: ['kvm2', 'kvm1'] }], executing: BOTH, expected: 'notify domain_duplicated' },
  { wanted: ANY, seen: 'anything else', observed: busyRows, executing: ['busy'], expected: 'nothing' },
  { wanted: [null], seen: 'on a host', observed: busyRows.slice(0, 3), expected: 'notify domain_unknown, ends notify_only' },
  { wanted: [null], seen: 'on no host', observed: [absent(), undefined_], expected: 'nothing, ends notify_only' },

  { wanted: STOP, seen: 'shut off', observed: [off('shutdown'), off('crashed'), off('unknown')], expected: 'nothing, ends desired_stopped' },
  { wanted: STOP, seen: 'shut off, after it was missing', observed: [off('unknown')], incident: 'domain_missing', expected: 'healthy' },
  { wanted: STOP, seen: 'running, paused, crashed or suspended', observed: [present('running', 'booted'), present('running', 'booted', { health: 'hung', evidence: ['watchdog'] }), present('running', 'booted', { health: 'failing', evidence: ['forecast 0.93 within 60 s'] }), present('paused', 'ioerror'), present('crashed', 'panicked'), present('pmsuspended', 'unknown')], expected: 'nothing, ends desired_stopped' },
  { wanted: STOP, seen: 'absent from one complete listing', observed: [absent({ completeListings: 1, undefinedSeen: true })], expected: 'nothing' },
  { wanted: STOP, seen: 'absent, undefined', observed: [undefined_], restart: 'always', expected: 'incident domain_missing' },
  { wanted: STOP, seen: 'absent, undefined', observed: [undefined_], restart: 'on-failure', expected: 'nothing, ends desired_stopped' },
  { wanted: STOP, seen: 'absent, not seen being undefined or gone by migration', observed: [absent(), absent({ undefinedSeen: true, lastStop: stop('migrated') })], expected: 'nothing, ends desired_stopped' },

  { wanted: RUN, seen: 'running, healthy', observed: [present('running', 'booted'), present('running', 'crashed'), present('running', 'migrated')], expected: 'healthy' },
  { wanted: RUN, seen: 'running, healthy, its definition removed', observed: [present('running', 'booted', { persistent: false })], removed: true, restart: 'always', expected: 'incident domain_missing' },
  { wanted: RUN, seen: 'running, healthy, its definition removed', observed: [present('running', 'booted', { persistent: false })], removed: true, restart: 'on-failure', expected: 'healthy' },
  { wanted: RUN, seen: 'running, failing', observed: [present('running', 'booted', { health: 'failing', evidence: ['forecast 0.93 within 60 s'] })], expected: 'incident domain_failing' },
  { wanted: RUN, seen: 'running, failing, while the incident is another fault', observed: [present('running', 'booted', { health: 'failing', evidence: ['forecast 0.93 within 60 s'] })], incident: 'domain_crashed', expected: 'healthy' },
  { wanted: RUN, seen: 'running, failing without proof', observed: [present('running', 'booted', { health: 'failing' })], expected: 'healthy' },
  { wanted: RUN, seen: 'running, failing, its definition removed', observed: [present('running', 'booted', { persistent: false, health: 'failing', evidence: ['forecast 0.93 within 60 s'] })], removed: true, restart: 'always', expected: 'incident domain_missing' },
  { wanted: RUN, seen: 'running, hung with proof', observed: [present('running', 'booted', { health: 'hung', evidence: ['probe tcp 10.0.0.5:22 failed 3 times; counters still for 12 s'] })], expected: 'incident domain_hung' },
  { wanted: RUN, seen: 'running, hung without proof', observed: [present('running', 'booted', { health: 'hung' })], expected: 'nothing' },
  { wanted: RUN, seen: 'running, panicked', observed: [present('running', 'booted', { health: 'panicked', evidence: ['panic event'] })], expected: 'incident domain_panicked' },
  { wanted: RUN, seen: 'crashed (panicked)', observed: [present('crashed', 'panicked')], expected: 'incident domain_panicked' },
  { wanted: RUN, seen: 'crashed (any other reason)', observed: [present('crashed', 'unknown'), present('crashed', 'code-7')], expected: 'incident domain_crashed' },
  { wanted: RUN, seen: 'suspended by its guest', observed: [present('pmsuspended', 'unknown')], expected: 'nothing, ends self_recovered' },

  { wanted: RUN, seen: 'paused (ioerror)', observed: [present('paused', 'ioerror')], expected: 'incident domain_paused' },
  { wanted: RUN, seen: 'paused (watchdog)', observed: [present('paused', 'watchdog')], expected: 'incident domain_hung' },
  { wanted: RUN, seen: 'paused (crashed)', observed: [present('paused', 'crashed')], expected: 'incident domain_panicked' },
  { wanted: RUN, seen: 'paused (user)', observed: [present('paused', 'user'), present('paused', 'user', { health: 'hung', evidence: ['watchdog'] })], expected: 'nothing, ends operator' },
  { wanted: RUN, seen: 'paused (migration, save, dump, from_snapshot, shutting_down, snapshot, starting_up, postcopy)', observed: ['migration', 'save', 'dump', 'from_snapshot', 'shutting_down', 'snapshot', 'starting_up', 'postcopy'].map((reason) => present('paused', reason)), expected: 'nothing' },
  { wanted: RUN, seen: 'paused (any other reason)', observed: [present('paused', 'unknown'), present('paused', 'postcopy_failed'), present('paused', 'code-99')], expected: 'notify domain_paused' },

  { wanted: RUN, seen: 'shut off (crashed, failed, daemon)', observed: [off('crashed'), off('failed'), off('daemon')], expected: 'incident domain_crashed' },
  { wanted: RUN, seen: 'shut off (shutdown, destroyed)', observed: [off('shutdown'), off('destroyed')], restart: 'on-failure', expected: 'notify domain_stopped, ends notify_only' },
  { wanted: RUN, seen: 'shut off (shutdown, destroyed)', observed: [off('shutdown'), off('destroyed')], restart: 'always', expected: 'incident domain_stopped' },
  { wanted: RUN, seen: 'shut off (shutdown, destroyed, unknown) by a recovery that could not start it', observed: [off('shutdown'), off('destroyed'), off('unknown')], leftOff: true, expected: 'incident domain_stopped' },
  { wanted: RUN, seen: 'the same, while the incident is `domain_hung`', observed: [off('destroyed'), off('unknown')], leftOff: true, incident: 'domain_hung', expected: 'incident domain_hung' },
  { wanted: RUN, seen: 'the same, while the incident is `domain_missing`', observed: [off('unknown')], leftOff: true, incident: 'domain_missing', expected: 'incident domain_stopped' },
  { wanted: RUN, seen: 'shut off (unknown or any other reason)', observed: [off('unknown'), off('code-42')], expected: 'notify domain_stopped, ends notify_only' },
  { wanted: RUN, seen: 'shut off (saved, from_snapshot)', observed: [off('saved'), off('from_snapshot')], expected: 'nothing, ends operator' },
  { wanted: RUN, seen: 'shut off (migrated) for less than 60 s', observed: [{ ...off('migrated'), sinceMs: NOW_MS - 59_999 }], expected: 'nothing' },
  { wanted: RUN, seen: 'shut off (migrated) for 60 s, running nowhere that is watched', observed: [{ ...off('migrated'), sinceMs: NOW_MS - 60_000 }], expected: 'notify domain_missing, ends notify_only' },

  { wanted: RUN, seen: 'absent from one complete listing', observed: [absent({ completeListings: 0 }), absent({ completeListings: 1, undefinedSeen: true, lastStop: stop('destroyed') })], expected: 'nothing' },
  { wanted: RUN, seen: 'absent, undefined', observed: [undefined_], restart: 'always', expected: 'incident domain_missing' },
  { wanted: RUN, seen: 'absent, undefined', observed: [undefined_], restart: 'on-failure', expected: 'notify domain_missing, ends notify_only' },
  { wanted: RUN, seen: 'absent, gone by migration', observed: [absent({ lastStop: stop('migrated') }), absent({ undefinedSeen: true, lastStop: stop('migrated') })], expected: 'notify domain_missing, ends notify_only' },
  { wanted: RUN, seen: 'absent, not seen being undefined', observed: [absent(), absent({ lastHost: null }), absent({ lastStop: stop('crashed') })], expected: 'notify domain_missing, ends notify_only' },
];

const RESTARTS: readonly RestartPolicy[] = ['on-failure', 'always'];

function inputsOf(row: Row): DecideInput[] {
  const restarts = row.restart ? [row.restart] : RESTARTS;
  return row.wanted.flatMap((desired) =>
    row.observed.flatMap((observed) =>
      restarts.flatMap((restartPolicy) =>
        (row.executing ?? ['none']).map((executing) => ({
          policy: { managed: true, dryRun: false, restartPolicy, relocate: false, restartPaused: false, desired },
          observed,
          executing,
          incident: row.incident ? { fault: row.incident, state: 'open' as const } : null,
          leftOffByUs: row.leftOff ?? false,
          definitionRemoved: row.removed ?? false,
          nowMs: NOW_MS,
        })),
      ),
    ),
  );
}

function summary(decision: Decision): string {
  const fault = 'fault' in decision ? ` ${decision.fault}` : '';
  const ends = 'ends' in decision ? `, ends ${decision.ends}` : '';
  return `${decision.kind}${fault}${ends}`;
}

function renderRow({ wanted, seen, restart, executing, expected }: Row): string {
  const desired = wanted.length === ANY.length ? 'any' : wanted.map((state) => state ?? 'not in the inventory').join(', ');
  const busy = executing === undefined ? 'none' : executing.length === BOTH.length ? 'any' : executing.join();
  return `| ${desired} | ${seen} | ${restart ?? 'any'} | ${busy} | ${expected} |`;
}

const nameOf = (row: Row): string => `${row.wanted.join('/')} | ${row.seen} | ${row.restart ?? 'any'}`;

describe('the table', () => {
  test.each(ROWS.map((row) => [nameOf(row), row] as const))('%s', (_name, row) => {
    for (const input of inputsOf(row)) {
      const decision = decide(input);
      expect(summary(decision), JSON.stringify(input)).toBe(row.expected);
      expect(decision.why).not.toBe('');
    }
  });

  test('stands in README.md as it is tested here', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    expect(readme).toContain(ROWS.map(renderRow).join('\n'));
  });

  test('covers every fault class of domains and every kind of decision', () => {
    const said = ROWS.map((row) => row.expected.split(/[ ,]+/));
    expect(new Set(said.map(([kind]) => kind))).toEqual(new Set<Decision['kind']>(['nothing', 'healthy', 'notify', 'incident']));
    const faults = said.map(([, fault]) => fault).filter((fault) => FAULTS.some((known) => known === fault));
    expect(new Set(faults)).toEqual(new Set(FAULTS.filter((fault) => fault.startsWith('domain_'))));
  });
});

describe('being managed or in dry run', () => {
  test('changes no decision: the fault is named either way', () => {
    for (const input of ROWS.flatMap(inputsOf)) {
      expect(decide({ ...input, policy: { ...input.policy, managed: false, dryRun: true } })).toEqual(decide(input));
    }
  });
});

test('a domain that left by migration is said to have left, whether or not its definition was removed too', () => {
  for (const undefinedSeen of [false, true]) {
    const [input] = inputsOf({ wanted: RUN, seen: '', observed: [absent({ undefinedSeen, lastStop: stop('migrated') })], expected: '' });
    expect(decide(input!)).toMatchObject({ key: `domain_missing/migrated/${STOPPED_MS}`, why: expect.stringContaining('by migration') });
  }
});

describe('the key of a notification', () => {
  const base = inputsOf({ wanted: RUN, seen: '', observed: [off('shutdown')], restart: 'on-failure', expected: '' })[0]!;
  const keyOf = (observed: Observed): string => {
    const decision = decide({ ...base, observed });
    return decision.kind === 'notify' ? decision.key : '';
  };

  test('names the stop by its time, so that each stop is told once', () => {
    const later = { ...off('shutdown'), lastStop: { atMs: STOPPED_MS + 1, reason: 'shutdown' as const } };
    expect(keyOf(off('shutdown'))).toBe(`domain_stopped/shutdown/${STOPPED_MS}`);
    expect(keyOf(later)).not.toBe(keyOf(off('shutdown')));
  });

  test('does not change while a stop that was not seen lasts', () => {
    const first = { ...off('shutdown'), lastStop: null };
    expect(keyOf({ ...first, sinceMs: 1 })).toBe(keyOf({ ...first, sinceMs: 2 }));
  });

  test('does not depend on the order in which hosts are listed', () => {
    expect(keyOf({ kind: 'duplicated', hosts: ['b', 'a'] })).toBe(keyOf({ kind: 'duplicated', hosts: ['a', 'b'] }));
  });
});
