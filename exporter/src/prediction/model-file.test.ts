import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomModel, randomNumbers } from './hmm/random-model.ts';
import type { Hmm } from './hmm/model.ts';
import { ModelFileError, MOST_BYTES, readModelFile, writeModelFile } from './model-file.ts';
import type { ModelRecord } from './model-file.ts';
import { structuredModel } from './prior.ts';

const RECORD: ModelRecord = {
  createdAt: '2026-01-02T03:04:05.678Z',
  target: 'hypervisor-01/web-1',
  trainedOn: { source: 'live', targets: 1, from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z', ticks: 17_280, tickSeconds: 5, failures: 2 },
  heldBack: { ticks: 1728, logLikelihoodPerTick: -1.234567890123 },
  iterations: 12,
  converged: true,
};
const model = structuredModel(5);
const file = writeModelFile(model, RECORD);

/** The file with its content changed, with or without a checksum that fits. */
function changed(change: (content: Record<string, unknown>) => void, whole: (file: Record<string, unknown>) => void = () => {}): string {
  const value = JSON.parse(file) as { content: Record<string, unknown> } & Record<string, unknown>;
  change(value.content);
  whole(value);
  return JSON.stringify(value);
}

const checksum = (content: unknown): string => `sha256:${createHash('sha256').update(JSON.stringify(content)).digest('hex')}`;
const values = (table: unknown): number[] => table as number[];

describe('a model file', () => {
  it('gives back model and record, bit by bit', () => {
    fc.assert(fc.property(fc.nat(), (seed) => {
      const one = randomModel(9, 81, randomNumbers(seed), 1e-9);
      expect(readModelFile(writeModelFile(one, RECORD))).toEqual({ model: one, record: RECORD });
    }), { numRuns: 20 });
    expect(readModelFile(writeModelFile(model, { ...RECORD, heldBack: null }))).toEqual({ model, record: { ...RECORD, heldBack: null } });
  });

  it('is below its bound however many digits the numbers have', () => {
    const longest = randomModel(9, 81, () => 1e-6 * Math.PI, 1e-7);
    for (const one of [model, longest, randomModel(9, 81, randomNumbers(3), 1e-9)]) expect(writeModelFile(one, { ...RECORD, target: 'x'.repeat(200) }).length).toBeLessThan(MOST_BYTES);
  });

  it('may be formatted anew', () => {
    expect(readModelFile(JSON.stringify(JSON.parse(file), null, 1).replaceAll(/(\d),\n\s+/g, '$1,'))).toEqual({ model, record: RECORD });
  });

  it('is not written from what is no model of ours', () => {
    expect(() => writeModelFile(randomModel(3, 81, randomNumbers(1), 0), RECORD)).toThrow(/3 states x 81 symbols, expected 9 x 81/);
    const broken: Hmm = { ...model, initial: model.initial.map(() => Number.NaN) };
    expect(() => writeModelFile(broken, RECORD)).toThrow(/initial\[0\] is NaN/);
    expect(() => writeModelFile(model, { ...RECORD, createdAt: 'yesterday' })).toThrow(/createdAt/);
    expect(() => writeModelFile(model, { ...RECORD, heldBack: { ticks: 1, logLikelihoodPerTick: -Infinity } })).toThrow(/heldBack\.logLikelihoodPerTick/);
  });
});

describe('a file that is wrong is refused, and the message says what is', () => {
  const cases: [string, string, RegExp][] = [
    ['empty', '', /empty/],
    ['cut off', file.slice(0, 5000), /cut off/],
    ['too large', `${file}${' '.repeat(MOST_BYTES)}`, /bytes, a model has at most/],
    ['deeply nested', '['.repeat(30_000), /no JSON/],
    ['another JSON', '[1,2]', /"format"/],
    ['null', 'null', /"format"/],
    ['of a later version', changed(() => {}, (value) => (value['version'] = 2)), /version 2 is newer/],
    ['of no version', changed(() => {}, (value) => delete value['version']), /version/],
    ['with a number changed', changed((content) => (values(content['initial'])[0]! += 1e-9)), /checksum/],
    ['with another checksum', changed(() => {}, (value) => (value['checksum'] = 'sha256:0')), /checksum/],
    ['a table too short', changed((content) => values(content['emission']).pop()), /content\.emission/],
    ['null where NaN was', changed((content) => (content['transition'] = [null, ...values(content['transition']).slice(1)])), /content\.transition\.0/],
    ['a negative probability', changed((content) => (values(content['initial'])[2] = -0.1)), /content\.initial\.2/],
    ['another number of symbols', changed((content) => (content['symbols'] = 1e9)), /content\.symbols/],
    ['something unknown', changed((content) => (content['extra'] = 1)), /extra/],
    ['no content', changed(() => {}, (value) => delete value['content']), /content/],
    ['text for a number', changed((content) => (content['iterations'] = '12')), /content\.iterations/],
  ];
  it.each(cases)('%s', (_, text, message) => {
    expect(() => readModelFile(text)).toThrow(ModelFileError);
    expect(() => readModelFile(text)).toThrow(message);
  });

  it('sums and names are checked even where the checksum fits', () => {
    // As an own earlier bug might have written it: everything right but the one thing.
    const sign = (change: (content: Record<string, unknown>) => void): string => {
      const unsigned = changed(change);
      const fresh = JSON.parse(unsigned) as { content: unknown; checksum: string };
      fresh.checksum = checksum(fresh.content);
      return JSON.stringify(fresh);
    };
    expect(() => readModelFile(sign((content) => values(content['transition']).fill(0.5, 0, 9)))).toThrow(/row 0 of transition does not sum to 1/);
    expect(() => readModelFile(sign((content) => (content['states'] as string[]).reverse()))).toThrow(/state 0 is "failed-high", expected "normal-low"/);
    expect(readModelFile(sign(() => {})).model).toEqual(model);
  });

  it('whatever is done to its text, it is read as it was or refused', () => {
    fc.assert(fc.property(fc.nat({ max: file.length - 1 }), fc.nat({ max: 20 }), fc.string({ maxLength: 20 }), (at, removed, inserted) => {
      const text = file.slice(0, at) + inserted + file.slice(at + removed);
      try {
        expect(readModelFile(text)).toEqual({ model, record: RECORD });
      } catch (error) {
        expect(error).toBeInstanceOf(ModelFileError);
        expect((error as Error).message.length).toBeLessThan(300);
      }
    }), { numRuns: 300 });
  });
});
