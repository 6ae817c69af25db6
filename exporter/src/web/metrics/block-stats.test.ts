import { describe, expect, it } from 'vitest';
import { DeadlineError, LibvirtError, type Caller, type DomainRef, type Parameters } from '../../libvirt/index.ts';
import { createBlockStats } from './block-stats.ts';

const REF: DomainRef = { name: 'vm', uuid: 'u', id: 3 };
const RECORD: Parameters = { 'block.count': 1, 'block.0.name': 'vda', 'block.0.rd.reqs': 1, 'block.0.capacity': 99 };
const COUNTERS: Parameters = {
  rd_bytes: 1, rd_operations: 2, rd_total_times: 3, wr_bytes: 4, wr_operations: 5, wr_total_times: 6, flush_operations: 7, flush_total_times: 8,
};

const answering = (answer: () => unknown): Caller => ({ call: () => Promise.resolve().then(answer) }) as unknown as Caller;
const learnt = (): ReturnType<typeof createBlockStats> => {
  const stats = createBlockStats(() => 0);
  stats.learn(REF, RECORD, performance.now());
  return stats;
};

describe('block statistics of a single disk', () => {
  it('come in the fields of the statistics group, with the capacity learnt', async () => {
    const records = await learnt().ask(answering(() => COUNTERS), [REF], 100);
    expect(records.get('u')).toEqual({
      'block.count': 1, 'block.0.name': 'vda', 'block.0.capacity': 99,
      'block.0.rd.bytes': 1, 'block.0.rd.reqs': 2, 'block.0.rd.times': 3,
      'block.0.wr.bytes': 4, 'block.0.wr.reqs': 5, 'block.0.wr.times': 6,
      'block.0.fl.reqs': 7, 'block.0.fl.times': 8,
    });
  });

  it('are asked of a domain only as long as what is known of it holds', () => {
    const stats = learnt();
    const nowMs = performance.now();
    expect(stats.candidates([REF], nowMs)).toEqual([REF]);
    expect(stats.candidates([{ ...REF, id: 4 }], nowMs)).toEqual([]);
    expect(stats.candidates([REF], nowMs + 61_000)).toEqual([]);
    stats.changed('u');
    expect(stats.candidates([REF], nowMs)).toEqual([]);
  });

  it.each([
    ['several disks', { ...RECORD, 'block.count': 2 }],
    ['a monitor that did not answer', { 'block.count': 1, 'block.0.name': 'vda' }],
    ['no disk', { 'block.count': 0 }],
  ])('are not for %s', (_, params) => {
    const stats = learnt();
    stats.learn(REF, params, performance.now());
    expect(stats.candidates([REF], performance.now())).toEqual([]);
  });

  it('are avoided for a while after a domain kept its caller waiting', async () => {
    const stats = learnt();
    const silent = answering(() => {
      throw new DeadlineError('domainBlockStatsFlags', 100, true);
    });
    expect((await stats.ask(silent, [REF], 100)).size).toBe(0);
    stats.learn(REF, RECORD, performance.now());
    expect(stats.candidates([REF], performance.now())).toEqual([]);
    stats.learn(REF, RECORD, performance.now() + 601_000);
    expect(stats.candidates([REF], performance.now() + 601_000)).toEqual([REF]);
  });

  it('are asked again after an answer that is an error, e.g. of a domain that stopped', async () => {
    const stats = learnt();
    const record = { code: 55, domain: 10, level: 2, text: 'not running', details: { str1: null, str2: null, str3: null, int1: 0, int2: 0 } };
    const refusing = answering(() => {
      throw new LibvirtError('domainBlockStatsFlags', record);
    });
    await stats.ask(refusing, [REF], 100);
    expect(stats.candidates([REF], performance.now())).toEqual([]);
    stats.learn(REF, RECORD, performance.now());
    expect(stats.candidates([REF], performance.now())).toEqual([REF]);
  });

  it('are forgotten with the domain', () => {
    const stats = learnt();
    stats.keep(new Set());
    expect(stats.candidates([REF], performance.now())).toEqual([]);
  });
});
