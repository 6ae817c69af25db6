import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema, CONFIGURABLE_LADDERS } from '../config/schema.ts';
import { FAULTS } from '../vocabulary.ts';
import { globMatches } from './glob.ts';
import { selectPolicy } from './selectors.ts';
import type { SelectedPolicy } from './selectors.ts';
import { DEFAULT_LADDERS } from './tables.ts';

const UUID = 'a0000000-0000-4000-8000-00000000000a';
const DOMAIN = { uuid: UUID, name: 'web-1', host: 'kvm1' };
/** One rung that the fault's ladder may have. */
const actionOf = (fault: (typeof CONFIGURABLE_LADDERS)[number]) => (fault === 'domain_failing' ? 'migrate' : 'reset');

function select(domains: object[], recovery: object = {}, domain = DOMAIN): SelectedPolicy {
  const config = configSchema.parse({ hosts: [{ name: 'kvm1', uri: 'qemu:///system' }], domains, recovery });
  return selectPolicy(config, domain, 'running');
}

describe('which selector', () => {
  test('none: watched, never touched', () => {
    expect(select([])).toMatchObject({
      selector: null,
      policy: { managed: false, dryRun: false, restartPolicy: 'on-failure', relocate: false, restartPaused: false, desired: 'running' },
      trigger: 'alert',
      probes: [],
    });
  });

  test('the first that matches, not the best', () => {
    expect(select([{ match: { name: 'db*' }, managed: true }, { match: {} }, { match: { name: 'web-1' }, managed: true }])).toMatchObject({ selector: 1, policy: { managed: false } });
  });

  test('all its conditions hold', () => {
    const match = { name: 'web-?', host: 'kvm*', uuid: UUID };
    expect(select([{ match }]).selector).toBe(0);
    expect(select([{ match }], {}, { ...DOMAIN, name: 'web-10' }).selector).toBeNull();
    expect(select([{ match }], {}, { ...DOMAIN, host: 'xen1' }).selector).toBeNull();
    expect(select([{ match }], {}, { ...DOMAIN, uuid: UUID.replace('a0', 'b0') }).selector).toBeNull();
    expect(select([{ match: { uuid: UUID.toUpperCase() } }]).selector).toBe(0);
  });

  test('gives every option of its own', () => {
    const own = { managed: true, dryRun: true, restartPolicy: 'always', trigger: 'direct', relocate: true, restartPaused: true, probes: [{ type: 'tcp', address: 'web-1', port: 80 }] };
    const { policy, trigger, probes } = select([own]);
    expect({ ...policy, trigger, probes: probes.length }).toEqual({ ...own, desired: 'running', probes: 1 });
  });

  test('dry run is the recovery section\'s where the selector is silent', () => {
    expect(select([{ managed: true }], { dryRun: true }).policy.dryRun).toBe(true);
    expect(select([{ managed: true, dryRun: false }], { dryRun: true }).policy.dryRun).toBe(false);
  });
});

describe('ladders', () => {
  test('every fault class has one', () => {
    for (const fault of FAULTS) expect(select([]).ladder(fault)).toEqual(DEFAULT_LADDERS[fault]);
  });

  test.each(CONFIGURABLE_LADDERS)('%s: selector before recovery before default, each as a whole', (fault) => {
    const RUNGS = { rungs: [{ action: actionOf(fault) }] };
    const general = select([{}], { ladders: { [fault]: RUNGS } });
    expect(general.ladder(fault)).toEqual({ rungs: [{ action: actionOf(fault), timeoutSeconds: 90 }], budget: null, cooldownSeconds: 0 });
    const own = { rungs: [{ action: 'notify', timeoutSeconds: 5, delaySeconds: 7 }], budget: { recoveries: 1, windowSeconds: 60 }, cooldownSeconds: 9 };
    const both = select([{ ladders: { [fault]: own } }], { ladders: { [fault]: RUNGS } });
    for (const each of FAULTS) expect(both.ladder(each)).toEqual(each === fault ? own : DEFAULT_LADDERS[each]);
  });
});

test.each([
  ['domain_failing', 'restart', 'expected `notify` or `migrate`'],
  ['domain_crashed', 'migrate', 'only the ladder of `domain_failing` may migrate'],
  ['domain_crashed', 'restart_app', 'only the ladders of `app_down`, `app_hung` and `app_degraded` may name it'],
  ['domain_failing', 'restart_app', 'expected `notify` or `migrate`'],
  ['app_down', 'restart', 'expected one of `notify`, `restart_app`, `start_process`, `kill_process`, `reset`'],
  ['app_hung', 'migrate', 'expected one of `notify`, `restart_app`, `start_process`, `kill_process`, `reset`'],
])('a ladder of %s with %s is refused', (fault, action, message) => {
  const domains = [{ managed: true, ladders: { [fault]: { rungs: [{ action: 'notify' }, { action }] } } }];
  const result = configSchema.safeParse({ hosts: [{ name: 'kvm1', uri: 'qemu:///system' }], domains });
  expect(result.error?.issues).toMatchObject([{ path: ['domains', 0, 'ladders', fault, 'rungs', 1, 'action'], message: expect.stringContaining(message) as string }]);
});

describe('patterns', () => {
  test.each([
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['web-*', 'web-', true],
    ['web-*', 'Web-1', false],
    ['*-db-?', 'eu-db-1', true],
    ['*-db-?', 'eu-db-12', false],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYbZ', false],
    ['**', 'x', true],
    ['web.1', 'web-1', false],
    ['[ab]', 'a', false],
    ['?', '𝕏', true],
    ['a?', 'a', false],
  ])('%s on %s: %s', (pattern, text, matched) => {
    expect(globMatches(pattern, text)).toBe(matched);
  });

  test('agree with a simple recursive matcher', () => {
    const slow = (pattern: string, text: string): boolean => {
      if (pattern === '') return text === '';
      if (pattern[0] === '*') return slow(pattern.slice(1), text) || (text !== '' && slow(pattern, text.slice(1)));
      return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && slow(pattern.slice(1), text.slice(1));
    };
    const letters = (alphabet: string): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 8 });
    fc.assert(
      fc.property(letters('ab*?'), letters('ab'), (pattern, text) => {
        expect(globMatches(pattern, text)).toBe(slow(pattern, text));
      }),
      { numRuns: 5000 },
    );
  });

  // A matcher that backtracks over every star would not come to an end within the limit of a test.
  test('a pattern made to be slow ends', () => {
    expect(globMatches(`${'*a'.repeat(127)}*b`, 'a'.repeat(4000))).toBe(false);
  });
});
