import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { replayed, simulatedValues } from '../backtest/testing/leaking.ts';
import type { MeasuredValues } from '../prediction/observation/observer.ts';
import { writeModelFile } from '../prediction/model-file.ts';
import { structuredModel } from '../prediction/prior.ts';
import { simulatedReadings } from '../prediction/testing/simulated-readings.ts';
import { startFakePrometheus } from '../training/sources/testing/fake-prometheus.ts';
import type { FakePrometheus } from '../training/sources/testing/fake-prometheus.ts';
import { scraped } from '../training/sources/testing/scraped.ts';
import { runCommand } from './testing/run-command.ts';
import type { Ended } from './testing/run-command.ts';

let folder: string;
let values: MeasuredValues[];
let csv: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'backtest-'));
  values = simulatedValues({ ticks: 801, leakFromTick: 600 });
  csv = written('leak.csv', ['timestamp,cpu,memory,network,disk', ...values.map(({ atMs, values: { cpuRatio, memoryUsedRatio, networkBytesPerSecond, diskBytesPerSecond } }) => [atMs / 1000, cpuRatio, memoryUsedRatio, networkBytesPerSecond, diskBytesPerSecond].join(','))].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const virtmedic = (...args: string[]): Promise<Ended> => runCommand(['backtest', ...args], () => 1_800_000_000_000);

function columns(text: string): string[][] {
  return text.trimEnd().split('\n').map((line) => line.split(','));
}

describe('backtest --csv', () => {
  it('writes a row a tick, as the daemon forecasts, and a summary for people', async () => {
    const { code, out, note } = await virtmedic('--csv', csv, '--utc');
    expect(code).toBe(0);
    const [header, ...rows] = columns(out);
    expect(header).toEqual(['timestamp', 'failure_probability']);
    // Observed from the same values: signals that the file has no column for are not there.
    const four = values.map(({ values: { cpuRatio, memoryUsedRatio, networkBytesPerSecond, diskBytesPerSecond }, ...rest }) => ({ ...rest, values: { cpuRatio, memoryUsedRatio, networkBytesPerSecond, diskBytesPerSecond } }));
    const expected = replayed(four as MeasuredValues[]).map(({ atMs, failureProbability }) => [String(atMs / 1000), failureProbability.toFixed(6)]);
    expect(rows).toEqual(expected);
    expect(note).toContain('timestamps: Unix seconds; cpu as ratio, memory as ratio');
    expect(note).toMatch(/^Ticks {7}800 of 5 s: observed 680 \(85 %\), in part 0 \(0 %\), missing 120 \(15 %\)$/m);
    expect(note).toMatch(/^Cold start {2}120 \(15 %\) ticks, habits still being learnt$/m);
    expect(note).toMatch(/^Highest {5}\d\.\d{4} at 2023-11-14 23:\d\d:\d\dZ$/m);
    expect(note).toMatch(/^Alarms {6}1: /m);
  });

  it('writes files, with healths, and a page; nothing else stays behind', async () => {
    const [out, html] = [join(folder, 'out.csv'), join(folder, 'out.html')];
    const ended = await virtmedic('--csv', csv, '--out', out, '--html', html, '--all', '--from', '2023-11-14T22:30:00Z', '--to', '2023-11-14T23:00:00Z');
    expect([ended.code, ended.out]).toEqual([0, '']);
    const [header, ...rows] = columns(readFileSync(out, 'utf8'));
    expect(header).toEqual(['timestamp', 'failure_probability', 'health_normal', 'health_abnormal', 'health_failed']);
    expect([rows.length, rows[0]?.[0], rows.at(-1)?.[0]]).toEqual([360, '1700001000', '1700002795']);
    for (const [, ...probabilities] of rows) for (const probability of probabilities) expect(Number(probability) >= 0 && Number(probability) <= 1).toBe(true);
    expect(readFileSync(html, 'utf8')).toContain('<h1>Backtest of leak.csv</h1>');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('trains on what came before, and takes failures that somebody wrote down', async () => {
    const failures = written('failures.csv', `from,to\n${values.at(-1)!.atMs / 1000 + 30},\n`);
    const { code, out, note } = await virtmedic('--csv', csv, '--train-until', '2023-11-14T22:50:00Z', '--failures', failures, '--utc');
    expect(code).toBe(0);
    expect(note).toContain('trained on');
    expect(note).toMatch(/^Failure {5}2023-11-14 23:20:30Z: alarm .* before$/m);
    const prior = columns((await virtmedic('--csv', csv)).out);
    const trained = columns(out);
    const until = values.findIndex(({ atMs }) => atMs >= Date.parse('2023-11-14T22:50:00Z')) + 1;
    expect(trained.slice(0, until)).toEqual(prior.slice(0, until));
    expect(trained[until]).not.toEqual(prior[until]);
  });

  it('says where nothing could be trained', async () => {
    expect((await virtmedic('--csv', csv, '--train-until', '2023-12-31')).note).toContain('there is no tick at --train-until or later');
    expect((await virtmedic('--csv', csv, '--train-until', '2023-01-01')).note).toContain('trained on 0 ticks, 0 failures');
  });

  it('takes a model from a file, other horizons and the other form', async () => {
    const model = structuredModel(5);
    const trainedOn = { source: 'csv', targets: 2, from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z', ticks: 17_280, tickSeconds: 5, failures: 3 };
    const path = written('model.json', writeModelFile(model, { createdAt: '2026-01-02T00:00:00.000Z', target: 'all domains', trainedOn, heldBack: null, iterations: 1, converged: true }));
    const plain = (await virtmedic('--csv', csv)).out;
    const told = await virtmedic('--csv', csv, '--model', path, '--utc');
    expect([told.out === plain, told.note.includes(`${path}: of all domains, trained 2026-01-02 00:00:00Z on 17280 ticks of 2 targets, 3 failures`)]).toEqual([true, true]);
    expect((await virtmedic('--csv', csv, '--horizon', '10m')).out).not.toBe(plain);
    expect((await virtmedic('--csv', csv, '--form', 'viterbi')).out).not.toBe(plain);
    const other = await virtmedic('--csv', csv, '--model', path, '--tick', '60');
    expect([other.code, other.note]).toEqual([2, `virtmedic: ${path} was trained on ticks of 5 s, these are of 60 s: give --tick 5, or train one for them\n`]);
  });

  it('works with three rows', async () => {
    const { code, out } = await virtmedic('--csv', written('three.csv', 'timestamp,cpu\n1,0.5\n2,0.5\n3,0.5\n'));
    expect([code, columns(out).length]).toEqual([0, 4]);
  });

  it.each([
    [[], 2, 'give either --csv FILE or --prometheus URL'],
    [['--csv', 'CSV', '--prometheus', 'http://127.0.0.1:1'], 2, 'give either'],
    [['--csv', '/nowhere/x.csv'], 2, '--csv /nowhere/x.csv: does not exist'],
    [['--csv', 'FOLDER'], 1, 'no regular file'],
    [['--csv', 'CSV', '--failures', '/nowhere'], 2, '--failures /nowhere: does not exist'],
    [['--csv', 'CSV', '--model', 'CSV'], 2, 'is no usable model: '],
    [['--csv', 'CSV', '--out', '/nowhere/out.csv'], 2, '/nowhere/out.csv cannot be written'],
    [['--csv', 'CSV', '--html', '/nowhere/out.html'], 1, '/nowhere/out.html cannot be written'],
    [['--csv', 'CSV', '--out', 'CSV'], 2, 'is read: give another file to write'],
    [['--csv', 'CSV', '--out', 'x', '--html', './x'], 2, '--out and --html are the same file'],
    [['--csv', 'CSV', '--from', '2026-01-02', '--to', '2026-01-01'], 2, '--from is not before --to'],
    [['--csv', 'CSV', '--horizon', '0'], 2, 'Expected 0.1 s to 1 day'],
    [['--csv', 'CSV', '--threshold', '2'], 2, 'Expected a number above 0, at most 1'],
    [['--csv', 'CSV', '--unit', 'kilo'], 2, 'Allowed choices are ratio, percent'],
  ])('wrong use: %j', async (args, code, text) => {
    const ended = await virtmedic(...args.map((arg) => (arg === 'CSV' ? csv : arg === 'FOLDER' ? folder : arg)));
    expect(ended).toMatchObject({ code, note: expect.stringContaining(text) as unknown });
  });
});

describe('backtest --prometheus', () => {
  const readings = simulatedReadings({ ticks: 250, tickSeconds: 15, leakFromTick: 220 });
  const fromTo = ['--from', '2023-11-14T22:13:20Z', '--to', '2023-11-14T23:15:00Z'];
  let fake: FakePrometheus;
  beforeEach(async () => {
    fake = await startFakePrometheus([...scraped({ host: 'h1', domain: 'web' }, readings), ...scraped({ host: 'h2', domain: 'db' }, readings.slice(50))]);
  });
  afterEach(() => fake.close());

  it('forecasts a domain from what was scraped', async () => {
    const html = join(folder, 'web.html');
    const { code, out, note } = await virtmedic('--prometheus', fake.url, '--domain', 'web', ...fromTo, '--html', html, '--utc');
    expect(code).toBe(0);
    const [header, ...rows] = columns(out);
    expect([header, rows.length, rows[0]?.[0], rows.at(-1)?.[0]]).toEqual([['timestamp', 'failure_probability'], 247, '1700000000', '1700003690']);
    expect(note).toContain('1 domain, scraped every 15 s; ticks of 15 s');
    expect(readFileSync(html, 'utf8')).toMatch(/Backtest of 127\.0\.0\.1:\d+, web on h1/);
  });

  it('names the domain in each row where there are several', async () => {
    const { code, out } = await virtmedic('--prometheus', fake.url, ...fromTo);
    const [header, ...rows] = columns(out);
    expect([code, header?.slice(2)]).toEqual([0, ['host', 'domain']]);
    expect([rows.filter(([, , , domain]) => domain === 'web').length, rows.filter(([, , host]) => host === 'h2').length]).toEqual([247, 197]);
    expect((await virtmedic('--prometheus', fake.url, ...fromTo, '--html', 'x')).note).toContain('--html shows one domain: choose it with --domain (and --host) of web on h1, db on h2');
  });

  it('goes on where it was interrupted', async () => {
    const out = join(folder, 'kept.csv');
    fake.instead = (_, response, { path, parameters }) => path.endsWith('query_range') && parameters.get('query')!.startsWith('sum') && (response.writeHead(400).end('{"status":"error","error":"gone"}'), true);
    expect(await virtmedic('--prometheus', fake.url, ...fromTo, '--out', out)).toMatchObject({ code: 1, note: expect.stringContaining('gone (400)') as unknown });
    expect(readdirSync(folder)).toContain('kept.csv.fetched');
    fake.instead = () => false;
    expect((await virtmedic('--prometheus', fake.url, '--out', out, '--resume')).code).toBe(0);
    expect(columns(readFileSync(out, 'utf8'))).toHaveLength(1 + 247 + 197);
    expect(readdirSync(folder)).not.toContain('kept.csv.fetched');
  });

  it('sends what files hold, and only to the right place', async () => {
    const token = written('token', 'abc\n');
    chmodSync(token, 0o600);
    expect((await virtmedic('--prometheus', fake.url, ...fromTo, '--token-file', token)).code).toBe(0);
    expect((await virtmedic('--prometheus', fake.url, ...fromTo, '--user', 'u', '--password-file', token)).code).toBe(0);
    expect(new Set(fake.asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer abc', `Basic ${Buffer.from('u:abc').toString('base64')}`]));
    expect((await virtmedic('--prometheus', fake.url, '--user', 'u')).note).toContain('give --user and --password-file together');
    expect((await virtmedic('--prometheus', fake.url, '--token-file', '/nowhere')).note).toContain('/nowhere does not exist');
  });

  it.each([
    [['--prometheus', 'x'], 2, 'expected an http:// or https:// URL'],
    [['--prometheus', 'URL', '--resume'], 2, '--resume needs --out'],
    [['--prometheus', 'URL', '--domain', 'none'], 1, 'has no libvirt_domain_* series of domain none in that time'],
  ])('wrong use: %j', async (args, code, text) => {
    expect(await virtmedic(...args.map((arg) => (arg === 'URL' ? fake.url : arg)))).toMatchObject({ code, note: expect.stringContaining(text) as unknown });
  });
});

it('an interrupted backtest keeps what it replayed', async () => {
  const fake = await startFakePrometheus(scraped({ host: 'h1', domain: 'web' }, simulatedReadings({ ticks: 250, tickSeconds: 15 })));
  let stretches = 0;
  fake.instead = (_, response, { path, parameters }) => {
    if (!path.endsWith('query_range') || !parameters.get('query')!.startsWith('sum')) return false;
    const points = (Number(parameters.get('end')) - Number(parameters.get('start'))) / Number(parameters.get('step'));
    if (points > 60) return response.writeHead(422).end('{"status":"error","error":"too many samples"}'), true;
    if (++stretches === 3) process.emit('SIGINT');
    return false;
  };
  const out = join(folder, 'interrupted.csv');
  const ended = await virtmedic('--prometheus', fake.url, '--from', '2023-11-14T22:13:20Z', '--to', '2023-11-14T23:15:00Z', '--out', out);
  await fake.close();
  expect([ended.code, ended.note.includes('interrupted: what was replayed so far is written'), ended.note.includes('Ticks ')]).toEqual([130, true, true]);
  const rows = columns(readFileSync(out, 'utf8')).length - 1;
  expect(rows > 50 && rows < 247).toBe(true);
  expect(readdirSync(folder)).toContain('interrupted.csv.fetched');
});
