import fc from 'fast-check';
import {
  parseChanges,
  parseDomains,
  parseHosts,
  parseIncidents,
  parseProblem,
  parseRecoveries,
  parseRecoveryDetail,
  parseVersion,
} from './parse';
import { NotVirtmedicError, parseJson } from './read';
import { openIncident, sampleDomain, sampleForecast, sampleHost, sampleRecovery, T0 } from './samples';

const PARSERS = {
  parseRecoveries,
  parseIncidents,
  parseHosts,
  parseDomains,
  parseChanges,
  parseRecoveryDetail,
  parseVersion,
};

/** What went through the network. */
const sent = (value: unknown): unknown => parseJson(JSON.stringify(value));

describe('an answer as virtmedic gives it', () => {
  it('is read whole', () => {
    const items = [openIncident({ id: 'r2' }), sampleRecovery()];
    expect(parseRecoveries(sent({ items, nextCursor: 'next' }))).toEqual({ items, nextCursor: 'next', skipped: 0 });
    expect(parseIncidents(sent({ items }))).toEqual({ items, skipped: 0 });
    expect(parseHosts(sent({ items: [sampleHost()] }))).toEqual({ items: [sampleHost()], skipped: 0 });
    expect(parseDomains(sent({ items: [sampleDomain()] }))).toEqual({ items: [sampleDomain()], skipped: 0 });
    expect(parseChanges(sent({ items, nextCursor: 'c', reset: true }))).toEqual({
      items,
      skipped: 0,
      nextCursor: 'c',
      reset: true,
    });
    expect(parseVersion(sent({ openapi: '3.1.0', info: { version: '0.1.0' } }))).toBe('0.1.0');
  });

  it('tells everything of one recovery', () => {
    const { timings, attempts, fromHost, toHost, failureProbability, ...incident } = sampleRecovery();
    const evidence = [{ atMs: T0, source: 'libvirt', text: 'stopped: crashed' }];
    const detail = {
      incident: { ...incident, evidence },
      timings,
      attempts: [
        {
          ...attempts[0],
          id: 'a1',
          ordinal: 1,
          state: 'ended',
          plannedAtMs: T0,
          error: 'no such disk',
          actor: 'policy',
        },
      ],
      steps: [
        { attemptId: 'a1', ordinal: 1, name: 'start', state: 'done', startedAtMs: T0, endedAtMs: null, detail: null },
      ],
      decisions: [{ atMs: T0, kind: 'act', reason: 'ladder', why: 'first rung' }],
      forecast: sampleForecast(),
    };
    expect(parseRecoveryDetail(sent(detail))).toEqual(detail);
    expect(fromHost + toHost + String(failureProbability)).toBe('h1h10.25');
  });
});

describe('an older or younger daemon', () => {
  it('may leave out what follows from the rest', () => {
    const { id, target, fault, faultAtMs, openedAtMs, closedAtMs } = sampleRecovery();
    const [item] = parseRecoveries(sent({ items: [{ id, target, fault, faultAtMs, openedAtMs, closedAtMs }] })).items;
    expect(item).toMatchObject({
      state: 'closed',
      fromHost: 'h1',
      toHost: 'h1',
      attempts: [],
      alerts: [],
      timings: { detectMs: 250, decideMs: null, totalMs: 8000 },
    });
  });

  it('may say more and other words', () => {
    const [item] = parseRecoveries(
      sent({ items: [{ ...sampleRecovery(), fault: 'app_down', outcome: 'postponed', extra: {} }] })
    ).items;
    expect(item).toMatchObject({ fault: 'app_down', outcome: 'postponed' });
    expect(item).not.toHaveProperty('extra');
  });
});

describe('a hostile answer', () => {
  it.each(Object.entries(PARSERS))('%s refuses what is not of this API', (_name, parse) => {
    for (const answer of [null, 7, 'text', true, [], undefined]) {
      expect(() => parse(answer)).toThrow(NotVirtmedicError);
    }
  });

  it('is refused where its list is an object', () => {
    for (const parse of [parseRecoveries, parseIncidents, parseHosts, parseDomains, parseChanges]) {
      expect(() => parse({ items: { 0: sampleRecovery(), length: 1 }, nextCursor: 'c' })).toThrow(NotVirtmedicError);
    }
  });

  it.each([
    ['<!doctype html><title>Login</title>', 'html'],
    ['  \n<html>', 'html'],
    ['', 'empty'],
    ['OK', 'text'],
  ])('%j is not JSON', (body, saw) => {
    expect(() => parseJson(body)).toThrow(expect.objectContaining({ name: 'NotVirtmedicError', saw }));
  });

  it('has entries that are left out and counted', () => {
    const junk = [
      null,
      7,
      'x',
      [],
      {},
      { id: 'r' },
      { ...sampleRecovery(), target: null },
      { ...sampleRecovery(), faultAtMs: 'soon', openedAtMs: null },
    ];
    expect(parseRecoveries({ items: [...junk, sampleRecovery()] })).toMatchObject({
      items: [{ id: 'r1' }],
      skipped: junk.length,
    });
    expect(parseHosts({ items: [{}, null, { name: 'h1', state: 'on fire' }] })).toMatchObject({
      items: [{ state: 'unreachable' }],
      skipped: 2,
    });
  });

  it('has its texts cut, never through a character', () => {
    const long = '😀'.repeat(500_000);
    const given = { ...sampleRecovery(), id: 'r', outcomeText: `x${long}`, target: { kind: 'host', host: long } };
    const [item] = parseRecoveries({ items: [given] }).items;
    expect(item?.target.host.length).toBeLessThanOrEqual(256);
    expect(item?.outcomeText?.length).toBeLessThanOrEqual(2000);
    expect(`${item?.target.host}${item?.outcomeText}`).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
  });

  it('has its lists bounded', () => {
    const { items, skipped } = parseHosts({
      items: Array.from({ length: 50_000 }, (_, index) => sampleHost({ name: `h${index}` })),
    });
    expect(items.length + skipped).toBe(50_000);
    expect(items.length).toBe(10_000);
    const attempts = Array.from({ length: 5000 }, () => sampleRecovery().attempts[0]);
    expect(parseRecoveries({ items: [{ ...sampleRecovery(), attempts }] }).items[0]?.attempts).toHaveLength(1000);
  });

  it('has no times and ratios that are none', () => {
    const given = {
      ...sampleRecovery(),
      closedAtMs: 1e300,
      acknowledgedAtMs: NaN,
      failureProbability: 1.5,
      timings: { detectMs: -5, totalMs: '9' },
    };
    expect(parseRecoveries({ items: [given] }).items[0]).toMatchObject({
      closedAtMs: null,
      acknowledgedAtMs: null,
      failureProbability: null,
      timings: { detectMs: 250, totalMs: null },
    });
  });

  it('never throws but to say that it is none of virtmedic, whatever it is', () => {
    const item = fc.record(
      Object.fromEntries(
        [...Object.keys(sampleRecovery()), ...Object.keys(sampleHost()), ...Object.keys(sampleDomain())].map((key) => [
          key,
          fc.anything(),
        ])
      ),
      { requiredKeys: [] }
    );
    const answer = fc.oneof(
      fc.anything(),
      fc.record({
        items: fc.oneof(fc.anything(), fc.array(fc.oneof(item, fc.anything()))),
        nextCursor: fc.anything(),
        incident: item,
        attempts: fc.array(fc.anything()),
        steps: fc.anything(),
      })
    );
    fc.assert(
      fc.property(answer, (given) => {
        for (const parse of Object.values(PARSERS)) {
          try {
            parse(given);
          } catch (error) {
            expect(error).toBeInstanceOf(NotVirtmedicError);
          }
        }
      }),
      { numRuns: 500 }
    );
  });

  it('gives only values of the type that is promised', () => {
    const changes = fc.record(Object.fromEntries(Object.keys(sampleRecovery()).map((key) => [key, fc.anything()])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(changes, (changed) => {
        const { items } = parseRecoveries({ items: [{ ...sampleRecovery(), ...changed }] });
        for (const { id, target, openedAtMs, faultAtMs, closedAtMs, attempts, alerts, timings } of items) {
          expect([id, target.host].map((text) => typeof text)).toEqual(['string', 'string']);
          expect([openedAtMs, faultAtMs, timings.detectMs].every(Number.isFinite)).toBe(true);
          expect(closedAtMs === null || Number.isFinite(closedAtMs)).toBe(true);
          expect([attempts, alerts].every(Array.isArray)).toBe(true);
        }
      }),
      { numRuns: 500 }
    );
  });
});

describe('parseProblem', () => {
  it('knows a problem document from anything else', () => {
    expect(parseProblem({ status: 400, title: 'Bad Request', detail: 'limit' })).toEqual({
      status: 400,
      title: 'Bad Request',
      detail: 'limit',
    });
    for (const given of [null, {}, [], 'text', { message: 'of Grafana' }]) {
      expect(parseProblem(given)).toBeNull();
    }
  });
});
