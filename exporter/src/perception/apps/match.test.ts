import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMatcher, type WasMember } from './match.ts';
import { process } from './testing/looks.ts';

const never: WasMember = () => false;

function sorted(match: Parameters<typeof createMatcher>[0][number]['match'], processes: ReturnType<typeof process>[], wasMember = never) {
  const found = createMatcher([{ name: 'app', match }]).match(processes, wasMember).get('app');
  return { members: found?.members.map(({ pid }) => pid), undecided: found?.undecided.map(({ pid }) => pid) };
}

describe('match', () => {
  const nginx = process({ pid: 10, unit: 'nginx.service', cgroup: '/system.slice/nginx.service', executable: '/usr/sbin/nginx', commandLine: ['nginx: master process /usr/sbin/nginx'] });
  const worker = { ...nginx, pid: 11, commandLine: ['nginx: worker process'] };
  const tail = process({ pid: 12, unit: 'session-1.scope', cgroup: '/user.slice/session-1.scope', executable: '/usr/bin/tail', commandLine: ['tail', '-f', '/var/log/nginx/access.log'] });

  it.each([
    [{ unit: 'nginx.service' }, [10, 11]],
    [{ unit: 'nginx*' }, [10, 11]],
    [{ executable: '/usr/sbin/nginx' }, [10, 11]],
    [{ executable: '*/nginx' }, [10, 11]],
    [{ commandLine: 'nginx: worker*' }, [11]],
    [{ commandLine: '*nginx*' }, [10, 11, 12]],
    [{ commandLine: '*nginx*', unit: 'nginx.service' }, [10, 11]],
    [{ commandLine: 'tail -f *' }, [12]],
    [{ executable: '/usr/sbin/apache2' }, []],
  ])('%j finds %j', (match, members) => {
    expect(sorted(match, [nginx, worker, tail])).toEqual({ members, undecided: [] });
  });

  it('takes a unit of a user’s own systemd too', () => {
    const own = process({ pid: 3, cgroup: '/x', unit: 'user@1000.service', userUnit: 'shop.service' });
    expect(sorted({ unit: 'shop.service' }, [own]).members).toEqual([3]);
    expect(sorted({ unit: 'user@*' }, [own]).members).toEqual([3]);
  });

  it('counts neither zombies nor kernel threads', () => {
    expect(sorted({ unit: 'nginx.service' }, [{ ...nginx, state: 'Z' }, { ...worker, kernelThread: true }])).toEqual({ members: [], undecided: [] });
  });

  it('counts a process whose first thread ended while others run', () => {
    expect(sorted({ unit: 'nginx.service' }, [{ ...nginx, state: 'Z', threads: 4 }]).members).toEqual([10]);
  });

  it.each([
    [{ commandLine: 'nginx*' }, { commandLine: null }],
    [{ commandLine: '*.jar' }, { commandLine: ['java'], commandLineCut: true }],
    [{ executable: '/usr/sbin/nginx' }, { executable: null }],
    [{ unit: 'nginx.service' }, { cgroup: null, unit: null }],
  ])('%j of a process that shows %j is undecided', (match, shown) => {
    expect(sorted(match, [{ ...nginx, ...shown }])).toEqual({ members: [], undecided: [10] });
  });

  it('is decided by one condition that does not hold', () => {
    expect(sorted({ commandLine: 'nginx*', executable: '/usr/sbin/nginx' }, [{ ...tail, commandLine: null }])).toEqual({ members: [], undecided: [] });
  });

  it('knows one again that was the app and is swapped out now', () => {
    const swapped = { ...nginx, commandLine: null };
    expect(sorted({ commandLine: 'nginx*' }, [swapped, { ...swapped, pid: 99 }], (_, { pid }) => pid === 10)).toEqual({ members: [10], undecided: [99] });
  });

  it('belongs to no unit outside of systemd', () => {
    expect(sorted({ unit: '*' }, [process({ pid: 4, cgroup: '/', unit: null })])).toEqual({ members: [], undecided: [] });
  });

  it('leaves undecided what there is no time for, and begins anew at the next look', () => {
    const long = Array.from({ length: 5_000 }, (_, pid) => process({ pid: pid + 2, commandLine: ['x'.repeat(4_000)] }));
    const matcher = createMatcher([{ name: 'app', match: { commandLine: '*y*' } }]);
    expect(matcher.match(long, never).get('app')?.undecided.length).toBeGreaterThan(0);
    expect(matcher.match([nginx], never).get('app')?.undecided).toEqual([]);
  });

  it('puts each process on at most one side, whatever it shows', () => {
    const text = fc.option(fc.string({ maxLength: 30 }));
    const shown = fc.record({ executable: text, cgroup: text, unit: text, userUnit: text, commandLine: fc.option(fc.array(fc.string(), { maxLength: 3 })), commandLineCut: fc.boolean(), state: fc.constantFrom('R' as const, 'Z' as const, 'T' as const) });
    fc.assert(
      fc.property(fc.array(shown, { maxLength: 10 }), fc.string({ unit: fc.constantFrom('a', '*', '?', '/'), minLength: 1, maxLength: 6 }), (all, pattern) => {
        const { members = [], undecided = [] } = sorted({ commandLine: pattern, unit: pattern }, all.map((each, index) => process({ pid: index + 2, ...each })));
        expect(new Set([...members, ...undecided]).size).toBe(members.length + undecided.length);
      }),
    );
  });
});
