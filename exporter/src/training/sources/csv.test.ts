import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeasuredValues } from '../../prediction/observation/observer.ts';
import { CsvError, openCsv } from './csv.ts';
import type { CsvOptions, CsvSource } from './csv.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'csv-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Read {
  ticks: MeasuredValues[];
  /** Kind to count and first line. */
  problems: Record<string, [number, number]>;
  source: CsvSource;
}

let files = 0;
async function read(content: string | Buffer, options: CsvOptions = {}): Promise<Read> {
  const path = join(folder, `${files++}.csv`);
  await writeFile(path, content);
  const source = await openCsv(path, options);
  try {
    const ticks: MeasuredValues[] = [];
    for await (const batch of source.ticks()) ticks.push(...batch);
    return { ticks, source, problems: Object.fromEntries(source.problems().map(({ kind, count, firstLine }) => [kind, [count, firstLine]])) };
  } finally {
    await source.close();
  }
}

const HEADER = 'timestamp,cpu,memory,network,disk';
const rows = (...lines: string[]): string => [HEADER, ...lines, ''].join('\n');
const times = ({ ticks }: Read): number[] => ticks.map(({ atMs }) => atMs / 1000);
const cpus = ({ ticks }: Read): (number | null | undefined)[] => ticks.map(({ values }) => values.cpuRatio);

describe('a good file', () => {
  it('is read as it stands', async () => {
    const { ticks, problems, source } = await read(rows('1700000000,0.25,0.5,1000,2000', '1700000005,0.3,0.6,0,1e6'));
    expect(ticks).toEqual([
      { atMs: 1_700_000_000_000, values: { cpuRatio: 0.25, memoryUsedRatio: 0.5, networkBytesPerSecond: 1000, diskBytesPerSecond: 2000 }, memorySource: 'usable' },
      { atMs: 1_700_000_005_000, values: { cpuRatio: 0.3, memoryUsedRatio: 0.6, networkBytesPerSecond: 0, diskBytesPerSecond: 1e6 }, memorySource: 'usable' },
    ]);
    expect([source.tickSeconds, source.survey.timeForm, source.survey.units.cpu, problems]).toEqual([5, 's', 'ratio', {}]);
  });

  it.each([
    ['milliseconds', ['1700000000000', '1700000005000'], 'ms', false],
    ['fractions of seconds', ['1700000000.000', '1.7000000050e9'], 's', false],
    ['ISO 8601 in UTC', ['2023-11-14T22:13:20Z', '2023-11-14 22:13:25.000Z'], 'iso', false],
    ['ISO 8601 with a zone', ['2023-11-14T23:13:20+01:00', '2023-11-14T23:13:25+0100'], 'iso', false],
    ['ISO 8601 without a zone', [local(1_700_000_000_000), local(1_700_000_005_000)], 'iso', true],
  ])('times as %s', async (_, [first, second], form, localTime) => {
    const found = await read(rows(`${first},1,1,1,1`, `${second},1,1,1,1`));
    expect([times(found), found.source.survey.timeForm, found.source.survey.localTime]).toEqual([[1_700_000_000, 1_700_000_005], form, localTime]);
  });

  it.each([
    ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['semicolons and decimal commas', (text: string) => text.replaceAll('.', '@').replaceAll(',', ';').replaceAll('@', ',')],
    ['tabs', (text: string) => text.replaceAll(',', '\t')],
    ['quotes', (text: string) => text.replaceAll(/[^,\n]+/g, '"$&"')],
    ['spaces and capitals', (text: string) => text.replaceAll(',', ' , ').replace('cpu', 'CPU')],
    ['comments and empty lines', (text: string) => `# of web-1\n\n${text.replaceAll('\n', '\n\n')}`],
    ['no end of its last line', (text: string) => text.trimEnd()],
  ])('with %s', async (_, change) => {
    const found = await read(change(rows('10,0.5,0.25,100,200', '20,1,0.5,300,400')));
    expect(found.ticks.map(({ atMs, values }) => [atMs, ...Object.values(values)])).toEqual([[10_000, 0.5, 0.25, 100, 200], [20_000, 1, 0.5, 300, 400]]);
    expect(found.problems).toEqual({});
  });

  it('may have its columns in any order, some missing, others more', async () => {
    const { ticks, source } = await read('disk,note,timestamp\n5,"a, ""b""",1\n6,c,2\n');
    expect(ticks.map(({ atMs, values }) => [atMs, ...Object.values(values)])).toEqual([[1000, null, null, null, 5], [2000, null, null, null, 6]]);
    expect(source.survey.header.others).toEqual(['note']);
  });

  it('of percent is divided: where one cell in 1,000 is above 1.5, or as told', async () => {
    expect(cpus(await read(rows('1,0.75,40,,', '2,1.25,41,,')))).toEqual([0.0075, 0.0125]);
    expect(cpus(await read(rows('1,0.9,0.4,,', '2,1.2,0.4,,')))).toEqual([0.9, 1]);
    expect(cpus(await read(rows('1,0.75,0.4,,', '2,1.25,0.4,,'), { unit: 'percent' }))).toEqual([0.0075, 0.0125]);
    const one = await read(rows(...Array.from({ length: 2000 }, (_, n) => `${n},${n === 7 ? 9 : 0.5},,,`)));
    expect([one.source.survey.units.cpu, cpus(one)[7], one.problems['above-range']]).toEqual(['ratio', null, [1, 9]]);
  });
});

describe('ticks', () => {
  it('are as long as the median distance, or as told', async () => {
    const minutes = rows('0,,,1,', '60,,,1,', '121,,,1,', '400,,,1,', '460.2,,,1,');
    expect((await read(minutes)).source.tickSeconds).toBe(60);
    expect((await read(minutes, { tickSeconds: 5 })).source.tickSeconds).toBe(5);
    expect((await read(rows('0,,,1,', '2.5,,,1,', '5,,,1,'))).source.tickSeconds).toBe(2.5);
  });

  it('longer than the rows\' distance are means of what is known', async () => {
    const found = await read(rows(...Array.from({ length: 25 }, (_, n) => `${n * 5},${n % 2},${n === 3 ? 0.5 : ''},${n},`)), { tickSeconds: 60 });
    expect(times(found)).toEqual([55, 115, 120]);
    expect(found.ticks.map(({ values }) => [values.cpuRatio, values.memoryUsedRatio, values.networkBytesPerSecond, values.diskBytesPerSecond])).toEqual([[0.5, 0.5, 5.5, null], [0.5, null, 17.5, null], [0, null, 24, null]]);
  });

  it('are the same when they are asked for again, and nothing is counted twice', async () => {
    const path = join(folder, 'again.csv');
    await writeFile(path, rows('2,0.5,,,', '1,0.4,x,,', '2,0.3,,,', 'x,1,1,1,1'));
    const source = await openCsv(path);
    const all = async (): Promise<MeasuredValues[]> => {
      const ticks: MeasuredValues[] = [];
      for await (const batch of source.ticks()) ticks.push(...batch);
      return ticks;
    };
    const first = [await all(), source.problems()];
    expect([await all(), source.problems()]).toEqual(first);
    await source.close();
  });
});

describe('a bad file', () => {
  it('out of order is sorted, also from end to beginning; what comes twice counts once', async () => {
    const found = await read(rows('30,0.3,,,', '20,0.2,,,', '10,0.1,,,', '20,0.9,,,'));
    expect([times(found), cpus(found), found.source.tickSeconds]).toEqual([[10, 20, 30], [0.1, 0.2, 0.3], 10]);
    expect(found.problems).toMatchObject({ sorted: [2, 3], duplicate: [1, 5] });
  });

  it('with wrong cells and rows says which, and uses the rest', async () => {
    const found = await read(rows('1,0.1,-5,NaN,abc', 'yesterday,1,1,1,1', '2,0.2', '3,0.3,Infinity,1e999,1', '4,0.4,null,0x10,1', '5,0.5,1,1,1,1', `6,${'9'.repeat(70_000)},1,1,1`, '-', '7,0.7,1,1,1'));
    expect(times(found)).toEqual([1, 3, 4, 7]);
    expect(found.problems).toEqual({ negative: [1, 2], empty: [2, 2], 'not-a-number': [4, 2], 'no-time': [1, 3], 'wrong-cells': [3, 4], 'too-long': [1, 8] });
    for (const { values } of found.ticks) for (const value of Object.values(values)) expect(value === null || (value >= 0 && value < Infinity)).toBe(true);
  });

  it.each([
    ['', 'the file is empty'],
    ['\n\n', 'the file is empty'],
    [`${HEADER}\n`, 'no rows after the header'],
    ['1700000000,0.5,0.5,1,1\n', 'line 1: expected a first line such as timestamp,cpu,memory,network,disk, not "1700000000,0.5'],
    ['timestamp cpu memory\n1 2 3\n', 'line 1: expected a first line'],
    ['timestamp,CPU load\n1,2\n', 'none of the columns cpu, memory, network, disk is there'],
    ['timestamp,cpu,cpu\n1,2,3\n', 'two columns are called cpu'],
    ['timestamp,timestamp,cpu\n1,2,3\n', 'two columns are called timestamp'],
    [Buffer.from(`\ufeff${HEADER}\n`, 'utf16le'), 'UTF-16'],
    [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0]), 'no text file'],
    [rows('yesterday,1,1,1,1', 'today,1,1,1,1'), 'no usable row of 2: rows without a usable timestamp, skipped: 2 (first in line 2)'],
    [rows('1700000000000000000,1,1,1,1'), 'Timestamps: Unix seconds, Unix milliseconds or ISO 8601'],
    [rows('5,1,1,1,1', '5,1,1,1,1'), 'rows of one moment only'],
    [rows('5,1,1,1,1', '5000000,1,1,1,1'), 'ticks have at most'],
    [`timestamp\u001b[31m,x\n`, 'not "timestamp\\u001b[31m'],
  ])('of which nothing can be used is an error: %j', async (content, message) => {
    await expect(read(content)).rejects.toThrow(CsvError);
    await expect(read(content)).rejects.toThrow(message);
  });

  it('that is no file is none', async () => {
    await expect(openCsv(folder)).rejects.toThrow('no regular file');
    await expect(openCsv(join(folder, 'nowhere.csv'))).rejects.toThrow('ENOENT');
  });

  it('of anything at all gives ticks in order of time with good numbers, or a clear error', async () => {
    const cell = fc.oneof(fc.double().map(String), fc.constantFrom('', 'NaN', '1e5', '-1', '"', '2026-01-01', '0,5', ';'), fc.string({ maxLength: 5 }));
    const line = fc.array(cell, { maxLength: 6 }).map((cells) => cells.join(','));
    await fc.assert(fc.asyncProperty(fc.boolean(), fc.array(line, { maxLength: 20 }), async (header, lines) => {
      const found = await read([...(header ? [HEADER] : []), ...lines].join('\n')).catch((error: Error) => error);
      if (found instanceof Error) return void expect(found).toBeInstanceOf(CsvError);
      expect(times(found)).toEqual(times(found).toSorted((a, b) => a - b));
      for (const { values } of found.ticks) for (const value of Object.values(values)) expect(value === null || (value >= 0 && value < Infinity)).toBe(true);
    }), { numRuns: 60 });
  });
});

describe('a long file', () => {
  it('is read in pieces whose ends fall anywhere, with progress', async () => {
    const count = 60_000;
    const path = join(folder, 'long.csv');
    const file = await open(path, 'w');
    await file.write(`\ufeff${HEADER}\n`);
    for (let n = 0; n < count; n += 1000) await file.write(Array.from({ length: 1000 }, (_, k) => `${1_700_000_000 + 5 * (n + k)},0.${k},0.5,${n + k},7\r\n`).join(''));
    await file.close();
    const shares: number[] = [];
    const source = await openCsv(path, { onProgress: (_, share) => shares.push(share) });
    let [ticks, sum] = [0, 0];
    for await (const batch of source.ticks()) {
      for (const { values } of batch) [ticks, sum] = [ticks + 1, sum + (values.networkBytesPerSecond ?? Number.NaN)];
    }
    await source.close();
    expect([ticks, sum, source.problems()]).toEqual([count, (count * (count - 1)) / 2, []]);
    expect([shares.length > 4, shares.at(-1), Math.max(...shares)]).toEqual([true, 1, 1]);
  });
});

function local(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
