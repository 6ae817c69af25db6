import { describe, expect, it } from 'vitest';
import { lifecycle, rebooted } from './testing/events.ts';
import { declared } from './testing/declared.ts';
import { list, process } from './testing/looks.ts';
import { A, B, INTERVAL_MS, PAUSED, supervision, uuidOf } from './testing/supervision.ts';

describe('supervisor', () => {
  it('looks at each interval, and tells a fault and its end', async () => {
    const bed = supervision();
    bed.put(A);
    bed.source.auto = bed.up;
    bed.supervisor.start();
    expect(bed.supervisor.view.app(A, 'web')).toBeNull();
    await bed.clock.advance(20_000);
    expect(bed.source.looks.get(A)).toBeGreaterThanOrEqual(9);
    expect(bed.source.looks.get(A)).toBeLessThanOrEqual(11);
    expect(bed.supervisor.view.guest(A)).toMatchObject({ reading: 'ok', reason: null, processes: 2, domain: 'vm-1', host: 'h1' });
    bed.source.auto = bed.down;
    await bed.clock.advance(6_000);
    expect(bed.supervisor.view.app(A, 'web')).toMatchObject({ verdict: { state: 'faulty', fault: 'app_down', basis: 'seen' }, declaredBy: 'configuration' });
    bed.source.auto = bed.up;
    await bed.clock.advance(INTERVAL_MS);
    expect(bed.changes).toEqual([`${A} web up`, `${A} web doubtful`, `${A} web faulty`, `${A} web up`]);
    bed.supervisor.stop();
    expect(bed.clock.timers).toBe(0);
  });

  it('looks once at a time, however long it takes, and says that it takes long', async () => {
    const bed = supervision();
    bed.put(A);
    bed.supervisor.start();
    await bed.clock.advance(10_000);
    expect(bed.source.waiting).toHaveLength(1);
    await bed.clock.advance(15_000);
    expect(bed.supervisor.view.guest(A)).toMatchObject({ reading: 'unknown', reason: 'helper-silent' });
    await bed.clock.advance(300_000);
    expect(bed.source.looks.get(A)).toBe(1);
    bed.source.waiting[0]?.answer(bed.up());
    bed.source.auto = bed.up;
    await bed.clock.advance(INTERVAL_MS);
    expect(bed.state(A)).toBe('up');
  });

  it('spreads domains over the interval and leaves the helper room', async () => {
    const bed = supervision();
    for (let number = 0; number < 100; number += 1) bed.put(uuidOf(number));
    bed.source.auto = bed.up;
    bed.supervisor.start();
    await bed.clock.advance(0);
    const atOnce = bed.source.looks.size;
    await bed.clock.advance(INTERVAL_MS);
    expect(bed.source.looks.size).toBe(100);
    expect(atOnce).toBeLessThan(20);
    bed.source.auto = null;
    await bed.clock.advance(10 * INTERVAL_MS);
    expect(bed.source.most.inAll).toBe(4);
    expect(bed.source.most.inOne).toBe(1);
    for (let turn = 0; turn < 200; turn += 1) {
      for (const { answer } of bed.source.waiting.splice(0)) answer(bed.up());
      await bed.clock.advance(30);
    }
    expect([...bed.source.looks.values()].every((looks) => looks > 1)).toBe(true);
  });

  it('keeps half of the places for guests that answer', async () => {
    const bed = supervision();
    for (let number = 0; number < 10; number += 1) bed.put(uuidOf(number));
    bed.supervisor.start();
    await bed.clock.advance(INTERVAL_MS);
    expect(bed.source.waiting).toHaveLength(2);
  });

  it('leaves guests alone that do not run, with the reason', async () => {
    const bed = supervision();
    bed.put(A, { hold: PAUSED });
    bed.put(B, { hold: { reason: 'not-running', text: 'the domain does not run (shutoff, crashed)' } });
    bed.supervisor.start();
    await bed.clock.advance(10_000);
    expect(bed.source.looks.size).toBe(0);
    expect(bed.supervisor.view.app(A, 'web')?.verdict).toMatchObject({ state: 'unknown', evidence: [{ kind: 'unknown', reason: 'paused' }] });
    expect(bed.supervisor.view.guest(B)).toMatchObject({ reading: 'unknown', reason: 'not-running' });
    await expect(bed.supervisor.view.processes(B, AbortSignal.timeout(1000))).rejects.toMatchObject({ reason: 'not-running', isRefusal: true });
    await expect(bed.supervisor.view.processes(uuidOf(9), AbortSignal.timeout(1000))).rejects.toMatchObject({ reason: 'domain-not-found' });
    bed.source.auto = bed.up;
    bed.put(A);
    bed.supervisor.onPerception(lifecycle(A, 'resumed'));
    await bed.clock.advance(300);
    expect(bed.state(A)).toBe('up');
  });

  it('drops what a look shows that began before the domain was held, restarted or worked on', async () => {
    const bed = supervision();
    bed.put(A);
    bed.supervisor.start();
    const happenings: (() => unknown)[] = [
      () => bed.put(A, { hold: PAUSED }),
      async () => {
        bed.put(A, { hold: PAUSED });
        bed.supervisor.refresh();
        await bed.clock.advance(300);
        bed.put(A);
      },
      () => bed.put(A, { host: 'h2' }),
      () => bed.supervisor.onPerception(rebooted(A)),
      () => bed.supervisor.mute(A, 'web', Infinity, 'restarted'),
      () => bed.supervisor.unmute(A, 'web'),
    ];
    for (const happen of happenings) {
      bed.put(A);
      bed.supervisor.refresh();
      await bed.clock.advance(300);
      for (const { answer } of bed.source.waiting.splice(0)) answer(bed.refused('unreadable'));
      for (let tries = 0; bed.source.waiting.length === 0 && tries < 100; tries += 1) await bed.clock.advance(100);
      const begun = bed.source.waiting.shift();
      const shown = bed.up();
      await happen();
      bed.supervisor.refresh();
      await bed.clock.advance(300);
      begun?.answer(shown);
      await bed.clock.settle();
      expect(begun).toBeDefined();
      expect(bed.state(A)).not.toBe('up');
    }
  });

  it('forgets domains that are gone, also with a look under way', async () => {
    const bed = supervision();
    bed.put(A);
    bed.supervisor.start();
    await bed.clock.advance(INTERVAL_MS);
    bed.domains.clear();
    bed.supervisor.refresh();
    await bed.clock.advance(INTERVAL_MS);
    expect(bed.changes).toEqual([`${A} web gone`]);
    expect([bed.supervisor.view.all(), bed.supervisor.view.guests(), bed.supervisor.view.of(A)]).toEqual([[], [], []]);
    bed.put(A);
    bed.supervisor.refresh();
    await bed.clock.advance(10 * INTERVAL_MS);
    expect(bed.source.looks.get(A)).toBe(1);
    bed.domains.clear();
    bed.supervisor.refresh();
    await bed.clock.advance(INTERVAL_MS);
    bed.source.waiting[0]?.answer(bed.up());
    await bed.clock.settle();
    expect(bed.supervisor.view.guest(A)).toBeNull();
  });

  it('looks into guests without apps where that is allowed, and into none for which only probes are declared', async () => {
    const bed = supervision();
    bed.put(A, { app: null });
    const probe = { type: 'tcp' as const, address: '{domain}', port: 22, intervalSeconds: 5, timeoutSeconds: 2, failures: 3 };
    const outside = declared({ match: undefined, probes: [probe] });
    bed.put(B, { app: outside });
    bed.source.readableDomains.add(A);
    bed.source.auto = bed.up;
    bed.supervisor.start();
    await bed.clock.advance(20_000);
    expect([...bed.source.looks.keys()]).toEqual([A]);
    expect(bed.state(B)).toBe('up');
    bed.probe.result = { ok: false, error: 'ECONNREFUSED' };
    await bed.clock.advance(20_000);
    expect(bed.supervisor.view.app(B, 'web')?.verdict).toMatchObject({ state: 'faulty', fault: 'app_hung', basis: 'silence' });
    bed.put(B, { app: outside, hold: PAUSED });
    bed.supervisor.refresh();
    await bed.clock.advance(60_000);
    expect(bed.state(B)).toBe('unknown');
  });

  it('tells apps by their probes where there is no helper', async () => {
    const bed = supervision();
    const probe = { type: 'tcp' as const, address: '{domain}', port: 22, intervalSeconds: 5, timeoutSeconds: 2, failures: 3 };
    bed.put(A, { host: 'far', app: declared({ probes: [probe] }) });
    bed.source.without.add('far');
    bed.supervisor.start();
    await bed.clock.advance(20_000);
    expect(bed.supervisor.view.guest(A)).toMatchObject({ reading: 'unknown', reason: 'no-helper' });
    expect(bed.state(A)).toBe('unknown');
    await bed.clock.advance(300_000);
    expect([bed.source.looks.size, bed.state(A), bed.warnings]).toEqual([0, 'up', []]);
  });
});

describe('what is declared', () => {
  it('begins anew where it is another thing, and goes on where it is not', async () => {
    const bed = supervision();
    bed.put(A);
    bed.source.auto = bed.up;
    bed.supervisor.start();
    await bed.clock.advance(10_000);
    bed.source.auto = null;
    bed.put(A, { app: declared() });
    bed.supervisor.refresh();
    await bed.clock.advance(300);
    expect(bed.state(A)).toBe('up');
    bed.put(A, { app: declared({ match: { unit: 'y.service' } }) });
    bed.supervisor.refresh();
    await bed.clock.advance(300);
    expect(bed.state(A)).toBe('unknown');
    bed.apps.delete(A);
    bed.supervisor.refresh();
    await bed.clock.advance(300);
    expect(bed.supervisor.view.guest(A)).toBeNull();
    expect(bed.changes).toEqual([`${A} web up`, `${A} web unknown`, `${A} web gone`]);
  });
});

describe('a guest that is refused', () => {
  it('is asked less and less, told of once, and at once when it is allowed or restarts', async () => {
    const bed = supervision();
    bed.put(A);
    bed.source.auto = () => bed.refused('not-opted-in');
    bed.supervisor.start();
    await bed.clock.advance(600_000);
    expect(bed.source.looks.get(A)).toBeLessThan(20);
    expect(bed.warnings).toEqual(['the guest of domain vm-1 on host h1 is not looked into: not-opted-in: not-opted-in: try again']);
    bed.source.auto = bed.up;
    bed.source.readableDomains.add(A);
    await bed.clock.advance(30_500);
    expect(bed.state(A)).toBe('up');
    bed.source.auto = () => bed.refused('not-linux');
    await bed.clock.advance(600_000);
    bed.source.auto = bed.up;
    bed.supervisor.onPerception(rebooted(A));
    await bed.clock.advance(300);
    expect(bed.supervisor.view.guest(A)?.reading).toBe('ok');
    expect(bed.warnings).toHaveLength(2);
  });
});

describe('a helper that is lost', () => {
  it('is tried by one look at a time, less and less, and said once; apps are unknown', async () => {
    const bed = supervision();
    for (let number = 0; number < 20; number += 1) bed.put(uuidOf(number));
    bed.source.auto = bed.up;
    bed.supervisor.start();
    await bed.clock.advance(10_000);
    const before = total(bed.source.looks);
    const { readable } = bed.source;
    bed.source.readable = () => Promise.reject(Object.assign(new Error('there is no socket'), { reason: 'helper-unreachable' }));
    bed.source.auto = () => bed.refused('helper-unreachable');
    await bed.clock.advance(300_000);
    expect(total(bed.source.looks) - before).toBeLessThan(25);
    expect(bed.supervisor.view.all().map(({ verdict }) => verdict.state)).toEqual(Array(20).fill('unknown'));
    expect(bed.warnings).toEqual(['guests cannot be looked into, apps in them are unknown: helper-unreachable: helper-unreachable: try again']);
    Object.assign(bed.source, { auto: bed.up, readable });
    await bed.clock.advance(35_000);
    expect(bed.supervisor.view.all().map(({ verdict }) => verdict.state)).toEqual(Array(20).fill('up'));
    expect(bed.infos).toEqual(['the guest helper answers again']);
  });

  it('is noticed also where nothing is declared', async () => {
    const bed = supervision();
    bed.put(A, { app: null });
    bed.source.readable = () => Promise.reject(Object.assign(new Error('hung up'), { reason: 'helper-lost' }));
    bed.supervisor.start();
    await bed.clock.advance(100_000);
    expect(bed.warnings).toHaveLength(1);
    bed.source.readable = () => Promise.resolve(new Set([A]));
    bed.source.auto = bed.up;
    await bed.clock.advance(40_000);
    expect(bed.supervisor.view.guest(A)?.reading).toBe('ok');
  });
});

describe('work of our own', () => {
  it('mutes an app or all of a domain until it is over, also where the domain is away in between', async () => {
    const bed = supervision();
    bed.put(A);
    bed.source.auto = bed.up;
    bed.supervisor.start();
    await bed.clock.advance(5_000);
    bed.supervisor.mute(A, null, bed.clock.monotonicMs() + 60_000, 'restarted');
    expect(bed.state(A)).toBe('muted');
    bed.domains.clear();
    bed.supervisor.refresh();
    await bed.clock.advance(5_000);
    bed.put(A);
    bed.source.auto = bed.down;
    bed.supervisor.refresh();
    await bed.clock.advance(20_000);
    expect(bed.state(A)).toBe('muted');
    await bed.clock.advance(60_000);
    expect(bed.fault(A)).toBe('app_down');
    bed.supervisor.mute(A, 'web', Infinity, 'restarted');
    bed.source.auto = bed.up;
    await bed.clock.advance(600_000);
    expect(bed.state(A)).toBe('muted');
    bed.supervisor.unmute(A, 'web');
    await bed.clock.advance(300);
    expect(bed.state(A)).toBe('up');
  });
});

describe("the guest's health", () => {
  it('is told while there is something to tell, and once more after', async () => {
    const bed = supervision();
    bed.put(A);
    let panicked = false;
    bed.source.auto = () => list(bed.clock.monotonicMs(), [process()], { liveness: { jiffies: BigInt(Math.round(bed.clock.monotonicMs())), jiffiesPerSecond: 1000, panicked, uptimeSeconds: 1000 + bed.clock.monotonicMs() / 1000 } });
    bed.supervisor.start();
    await bed.clock.advance(20_000);
    expect(bed.healths).toEqual([]);
    panicked = true;
    await bed.clock.advance(20_000);
    expect(bed.healths.length).toBeGreaterThan(5);
    expect(bed.healths[0]).toEqual({ uuid: A, health: { panicked: "panic in the guest's kernel", frozen: null } });
    panicked = false;
    await bed.clock.advance(20_000);
    expect(bed.healths.at(-1)?.health).toEqual({ panicked: null, frozen: null });
    expect(bed.healths.filter(({ health }) => health.panicked === null)).toHaveLength(1);
  });
});

function total(looks: ReadonlyMap<string, number>): number {
  return [...looks.values()].reduce((sum, one) => sum + one, 0);
}
