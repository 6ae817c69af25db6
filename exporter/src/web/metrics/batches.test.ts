import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionClosedError, DeadlineError, LibvirtError, type DomainRef, type Parameters } from '../../libvirt/index.ts';
import { collectBatches, type BatchRequest, type BatchResult } from './batches.ts';

const refs = (count: number): DomainRef[] => Array.from({ length: count }, (_, index) => ({ name: `d${index}`, uuid: `d${index}`, id: index }));
const FULL: Parameters = { 'block.count': 1, 'block.0.rd.reqs': 1 };
const PART: Parameters = { 'block.count': 1 };

interface Bed {
  calls: string[][];
  collect(overrides?: Partial<BatchRequest>): Promise<BatchResult>;
}

/**
 * A daemon in simulated time. A stuck domain holds up the first call that asks its monitor until the call's limit; from then
 * on its monitor is seen to be busy and it is passed over.
 */
function bed(count: number, stuck: readonly string[], timeMs = 8_000): Bed {
  let nowMs = 0;
  const busy = new Set<string>();
  const calls: string[][] = [];
  const ask: BatchRequest['ask'] = (domains, limitMs) => {
    calls.push(domains.map(({ uuid }) => uuid));
    const holder = domains.find(({ uuid }) => stuck.includes(uuid) && !busy.has(uuid));
    if (holder) {
      busy.add(holder.uuid);
      nowMs += limitMs;
      return Promise.reject(new DeadlineError('stats', limitMs, true));
    }
    nowMs += 1;
    return Promise.resolve(domains.map((domain) => ({ domain, params: busy.has(domain.uuid) ? PART : FULL })));
  };
  return {
    calls,
    collect: (overrides = {}) =>
      collectBatches({
        domains: refs(count),
        suspects: new Set(),
        ask,
        isPartial: (params) => params['block.0.rd.reqs'] === undefined,
        parallel: 4,
        batchDomains: 16,
        remainingMs: () => timeMs - nowMs,
        pause: (ms) => Promise.resolve(void (nowMs += ms)),
        reconnected: () => Promise.resolve(),
        ...overrides,
      }),
  };
}

describe('collectBatches', () => {
  it('splits the domains over parallel calls, each domain once', async () => {
    const { calls, collect } = bed(50, []);
    const { params, timedOut } = await collect();
    expect([params.size, timedOut.size]).toEqual([50, 0]);
    expect(calls.map(({ length }) => length)).toEqual([13, 13, 13, 11]);
    expect(new Set(calls.flat()).size).toBe(50);
  });

  it('keeps batches small where there are many domains', async () => {
    const { calls, collect } = bed(200, []);
    await collect();
    expect(Math.max(...calls.map(({ length }) => length))).toBeLessThanOrEqual(16);
  });

  it('asks nothing about no domains', async () => {
    const { calls, collect } = bed(0, []);
    expect((await collect()).params.size).toBe(0);
    expect(calls).toEqual([]);
  });

  it('loses only the stuck domain, and gives what is known of it', async () => {
    const { collect } = bed(50, ['d7']);
    const { params, timedOut } = await collect();
    expect([...timedOut]).toEqual(['d7']);
    expect(params.get('d7')).toBe(PART);
    expect([...params.values()].filter((one) => one === FULL)).toHaveLength(49);
  });

  it('loses only the stuck ones, whichever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 80 }), fc.uniqueArray(fc.integer({ min: 0, max: 79 }), { maxLength: 6 }), async (count, indexes) => {
        const stuck = indexes.filter((index) => index < count).map((index) => `d${index}`);
        const { params, timedOut } = await bed(count, stuck, 60_000).collect();
        expect([...timedOut].sort()).toEqual([...stuck].sort());
        for (const { uuid } of refs(count)) if (!stuck.includes(uuid)) expect(params.get(uuid)).toBe(FULL);
      }),
    );
  });

  it('asks those that did not answer the last time apart from the others, and last', async () => {
    const { calls, collect } = bed(8, []);
    await collect({ suspects: new Set(['d0', 'd1']) });
    expect(calls.at(-1)).toEqual(['d0', 'd1']);
    expect(calls.slice(0, -1).flat()).not.toContain('d0');
  });

  it('asks again where a monitor was busy for a moment', async () => {
    let asked = 0;
    const ask: BatchRequest['ask'] = (domains) => Promise.resolve(domains.map((domain) => ({ domain, params: ++asked === 1 ? PART : FULL })));
    const { params, timedOut } = await bed(3, []).collect({ ask });
    expect([timedOut.size, [...params.values()].every((one) => one === FULL)]).toEqual([0, true]);
  });

  it('ends when the time is over', async () => {
    const stuck = refs(40).map(({ uuid }) => uuid);
    const { timedOut } = await bed(40, stuck, 2_000).collect();
    expect(timedOut.size).toBe(40);
  });

  it('goes on over the next connection when one is replaced', async () => {
    let failed = false;
    let reconnects = 0;
    const ask: BatchRequest['ask'] = (domains) => {
      if (!failed) {
        failed = true;
        return Promise.reject(new ConnectionClosedError('abandoned'));
      }
      return Promise.resolve(domains.map((domain) => ({ domain, params: FULL })));
    };
    const { params, timedOut } = await bed(10, []).collect({ ask, reconnected: () => Promise.resolve(void reconnects++) });
    expect([params.size, timedOut.size, reconnects]).toEqual([10, 0, 1]);
  });

  it('ends when the connection does not come back', async () => {
    const ask: BatchRequest['ask'] = () => Promise.reject(new ConnectionClosedError('eof'));
    const { params, timedOut } = await bed(10, []).collect({ ask });
    expect([params.size, timedOut.size]).toEqual([0, 10]);
  });

  it('takes an error about one domain for no answer of the others', async () => {
    const record = { code: 42, domain: 10, level: 2, text: 'Domain not found', details: { str1: null, str2: null, str3: null, int1: 0, int2: 0 } };
    const ask: BatchRequest['ask'] = (domains) =>
      domains.some(({ uuid }) => uuid === 'd3')
        ? Promise.reject(new LibvirtError('stats', record))
        : Promise.resolve(domains.map((domain) => ({ domain, params: FULL })));
    const { params, timedOut } = await bed(10, []).collect({ ask });
    expect([params.size, params.has('d3'), timedOut.size]).toEqual([9, false, 0]);
  });
});
