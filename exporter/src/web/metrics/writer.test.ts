import fc from 'fast-check';
import { Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createLabelCache } from './label-cache.ts';
import { createWriter, family, formatValue, labelsOf } from './writer.ts';

const A = family('a_total', 'counter', 'First.');
const B = family('b', 'gauge', 'Second, with a \\ and\na line.');

describe('writer', () => {
  it('writes help and type once, before the samples, and only where there are any', () => {
    const writer = createWriter();
    writer.begin(A);
    writer.sample(labelsOf({ x: '1' }), 1);
    writer.sample(labelsOf({}), 2.5);
    writer.begin(family('empty', 'gauge', 'Never written.'));
    writer.begin(B);
    writer.sample(labelsOf({ x: 'ä', y: '"\\\n' }), -0.001);
    writer.append('# end\n');
    expect(writer.finish().toString()).toBe(
      '# HELP a_total First.\n# TYPE a_total counter\na_total{x="1"} 1\na_total 2.5\n' +
        '# HELP b Second, with a \\\\ and\\na line.\n# TYPE b gauge\nb{x="ä",y="\\"\\\\\\n"} -0.001\n# end\n',
    );
  });

  it('writes the same as prom-client', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.double()), { maxLength: 20 }), async (rows) => {
        const registry = new Registry();
        const gauge = new Gauge({ name: 'g', help: 'Help.', labelNames: ['l'], registers: [registry] });
        const writer = createWriter();
        writer.begin(family('g', 'gauge', 'Help.'));
        for (const [l, value] of new Map(rows)) {
          gauge.set({ l }, value);
          writer.sample(labelsOf({ l }), value);
        }
        const theirs = (await registry.metrics()).replace(/^(# HELP g Help\.\n# TYPE g gauge\n)\n*$/, '').replaceAll('Nan', 'NaN');
        // Lone surrogates are no text; both sides end as UTF-8.
        expect(writer.finish().toString().trim()).toBe(Buffer.from(theirs).toString().trim());
      }),
      { numRuns: 200 },
    );
  });

  it('keeps everything beyond its first size', () => {
    const writer = createWriter();
    const labels = Array.from({ length: 5000 }, (_, index) => labelsOf({ host: 'h', domain: `däs-${index}` }));
    writer.begin(A);
    labels.forEach((one, index) => writer.sample(one, index));
    const lines = writer.finish().toString().trimEnd().split('\n');
    expect(lines).toHaveLength(5002);
    expect(lines.at(-1)).toBe('a_total{host="h",domain="däs-4999"} 4999');
  });
});

it.each([
  [0, '0'],
  [Number.NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
  [1e300, '1e+300'],
])('formats %s', (value, text) => expect(formatValue(value)).toBe(text));

it('forgets the labels that a whole scrape did not use', () => {
  const cache = createLabelCache();
  const first = cache.get('a', () => ({ x: 'a' }));
  cache.get('b', () => ({ x: 'b' }));
  cache.sweep();
  expect(cache.get('a', () => ({ x: 'other' }))).toBe(first);
  cache.sweep();
  expect(cache.size).toBe(1);
});
