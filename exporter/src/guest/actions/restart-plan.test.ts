import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planRestart, SYSTEMD_LIMITS } from './restart-plan.ts';

const commands = (plan: ReturnType<typeof planRestart>) => plan.steps.map((step) => (step.kind === 'run' ? step.command.join(' ') : step.kind));

describe('restarting a unit', () => {
  test('that is dead is one command', () => {
    expect(planRestart('nginx.service', 'dead', [], 0)).toEqual({ steps: [{ kind: 'run', command: ['/usr/bin/systemctl', 'restart', 'nginx.service'], why: 'restart' }], waitMs: 0 });
  });

  test('that hangs kills first and waits until it is gone', () => {
    expect(commands(planRestart('nginx.service', 'hung', [], 0))).toEqual([
      '/usr/bin/systemctl kill -s KILL nginx.service',
      'wait-until-gone',
      '/usr/bin/systemctl restart nginx.service',
    ]);
  });

  test('resets the failed state where the last start brought nothing', () => {
    const earlier = [
      { atMs: 2000, brought: false },
      { atMs: 1000, brought: true },
    ];
    expect(commands(planRestart('x.service', 'dead', earlier, 60_000))).toEqual(['/usr/bin/systemctl reset-failed x.service', '/usr/bin/systemctl restart x.service']);
    expect(commands(planRestart('x.service', 'dead', [...earlier, { atMs: 3000, brought: true }], 60_000))).toEqual(['/usr/bin/systemctl restart x.service']);
  });

  test("stays one below systemd's limit", () => {
    const earlier = [0, 1000, 2000, 3000].map((atMs) => ({ atMs, brought: true }));
    expect(planRestart('x.service', 'dead', earlier.slice(0, 3), 4000).waitMs).toBe(0);
    expect(planRestart('x.service', 'dead', earlier, 4000).waitMs).toBe(6000);
    expect(planRestart('x.service', 'dead', earlier, 10_000).waitMs).toBe(0);
  });

  test('done whenever the plan allows it never reaches the limit in any interval', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4000), { maxLength: 60 }), fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1000, max: 60_000 }), (pauses, burst, intervalMs) => {
        const starts: { atMs: number; brought: boolean }[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          const { waitMs } = planRestart('x.service', 'dead', starts, now, { burst, intervalMs });
          now += waitMs;
          expect(planRestart('x.service', 'dead', starts, now, { burst, intervalMs }).waitMs).toBe(0);
          starts.push({ atMs: now, brought: true });
          expect(starts.filter(({ atMs }) => atMs > now - intervalMs).length).toBeLessThan(burst);
        }
      }),
    );
    expect(SYSTEMD_LIMITS).toEqual({ intervalMs: 10_000, burst: 5 });
  });

  test('refuses what is no unit', () => {
    expect(() => planRestart('-a.service', 'dead', [], 0)).toThrow(/unit name/);
  });
});
