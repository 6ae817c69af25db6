import fc from 'fast-check';
import { forecastOf } from './forecast';
import { parseDomains, parseHosts, parseRecoveryDetail } from './parse';
import { sampleDomain, sampleForecast, sampleHost, sampleRecovery, T0 } from './samples';

/** What went through the network. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const changed = (given: Record<string, unknown>) => forecastOf({ ...sampleForecast(), ...given });

describe('forecastOf', () => {
  it('reads all that virtmedic tells', () => {
    const learning = sampleForecast({
      coldStart: true,
      failing: false,
      failingSinceMs: null,
      missing: [
        { signal: 'memory', why: 'not-said' },
        { signal: null, why: 'own-operation' },
      ],
      model: { source: 'prior', trainedAtMs: null },
    });
    for (const forecast of [sampleForecast(), learning]) {
      expect(forecastOf(sent(forecast))).toEqual(forecast);
    }
  });

  it('stands where the daemon puts it: at hosts, domains, and one recovery', () => {
    const forecast = sampleForecast();
    expect(parseHosts(sent({ items: [sampleHost({ forecast })] })).items).toEqual([sampleHost({ forecast })]);
    expect(parseDomains(sent({ items: [sampleDomain({ forecast })] })).items).toEqual([sampleDomain({ forecast })]);
    expect(parseRecoveryDetail(sent({ incident: sampleRecovery(), forecast })).forecast).toEqual(forecast);
    expect(parseRecoveryDetail(sent({ incident: sampleRecovery() })).forecast).toBeNull();
  });

  it.each([null, undefined, 7, 'high', [], {}, { atMs: 1 }, { atMs: 1, failureProbability: [] }])(
    'is none: %j',
    (given) => {
      expect(forecastOf(given)).toBeNull();
    }
  );

  it('keeps the order of the horizons, the first of each, and nothing that is no probability', () => {
    const failureProbability = [
      { horizonSeconds: 300, probability: 0.4 },
      { horizonSeconds: 60, probability: 0.2 },
      { horizonSeconds: 300, probability: 0.9 },
      { horizonSeconds: 0, probability: 0.1 },
      { horizonSeconds: -5, probability: 0.1 },
      { horizonSeconds: '90', probability: 0.1 },
      { horizonSeconds: 90, probability: 1.01 },
      { horizonSeconds: 90, probability: null },
      null,
      'soon',
    ];
    expect(changed({ failureProbability })?.failureProbability).toEqual([
      { horizonSeconds: 300, probability: 0.4 },
      { horizonSeconds: 60, probability: 0.2 },
    ]);
    const many = Array.from({ length: 5000 }, (_, index) => ({ horizonSeconds: index + 1, probability: 0.5 }));
    expect(changed({ failureProbability: many })?.failureProbability).toHaveLength(8);
    expect(changed({ failureProbability: [{ horizonSeconds: 60, probability: NaN }] })).toBeNull();
  });

  it('has health and load whole or not at all', () => {
    expect(changed({ health: { normal: 1, abnormal: 0 }, load: { low: 2, medium: 0, high: 0 } })).toMatchObject({
      health: null,
      load: null,
    });
    expect(changed({ health: 'bad', load: [1, 0, 0] })).toMatchObject({ health: null, load: null });
  });

  it('cuts texts and lists, and takes nothing for true that is not', () => {
    const long = 'x'.repeat(1_000_000);
    const read = changed({
      coldStart: 'no',
      failing: 1,
      failingSinceMs: 9e99,
      missing: Array.from({ length: 5000 }, () => ({ signal: long, why: long })),
      model: { source: long, trainedAtMs: 'yesterday' },
    });
    expect(read).toMatchObject({
      coldStart: false,
      failing: false,
      failingSinceMs: null,
      model: { trainedAtMs: null },
    });
    expect(read?.missing).toHaveLength(64);
    expect(read?.missing[0]?.why).toHaveLength(256);
    expect(read?.model.source).toHaveLength(256);
    expect(changed({ missing: [{ signal: 'cpu' }, { why: '' }, null] })?.missing).toEqual([]);
    expect(changed({ model: null })?.model).toEqual({ source: '', trainedAtMs: null });
  });

  it('never throws, and gives only values of the type that is promised', () => {
    const given = fc.record(Object.fromEntries(Object.keys(sampleForecast()).map((key) => [key, fc.anything()])), {
      requiredKeys: [],
    });
    const horizon = fc.record({ horizonSeconds: fc.anything(), probability: fc.anything() });
    fc.assert(
      fc.property(given, fc.array(fc.oneof(horizon, fc.double({ noNaN: false }))), (some, failureProbability) => {
        for (const part of [{}, { atMs: T0, failureProbability: [{ horizonSeconds: 60, probability: 0.5 }] }]) {
          const read = forecastOf({ ...some, failureProbability, ...part });
          const probabilities = read?.failureProbability.map(({ probability }) => probability) ?? [];
          const shares = [...Object.values(read?.health ?? {}), ...Object.values(read?.load ?? {})];
          expect([...probabilities, ...shares].every((share) => share >= 0 && share <= 1)).toBe(true);
          expect(read === null || probabilities.length > 0).toBe(true);
          expect(JSON.stringify(read)).not.toContain('undefined');
        }
      }),
      { numRuns: 500 }
    );
  });
});
