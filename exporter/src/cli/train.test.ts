import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lockStore } from '../history/daemon-lock.ts';
import { randomNumbers } from '../prediction/hmm/random-model.ts';
import { readModelFile } from '../prediction/model-file.ts';
import { live } from '../prediction/testing/simulated-target.ts';
import { simulatedReadings } from '../prediction/testing/simulated-readings.ts';
import { encodeRecord } from '../training/observation-record.ts';
import { startFakePrometheus } from '../training/sources/testing/fake-prometheus.ts';
import { scraped } from '../training/sources/testing/scraped.ts';
import { runCommand } from './testing/run-command.ts';
import type { Ended } from './testing/run-command.ts';

const UUID = '0189f1a2-0000-4000-8000-0123456789ab';
const START_MS = 1_700_000_000_000;
/** Three days: enough for a model of one target. */
const [TICK_S, TICKS] = [300, 864];
let folder: string;
let csvText: string;
beforeAll(() => {
  // Memory fills at the end.
  const row = (n: number): string => `${START_MS / 1000 + n * TICK_S},${0.2 + 0.01 * (n % 7)},${0.4 + Math.max(0, n - TICKS + 40) / 80},${20_000 + 100 * (n % 11)},${50_000 + 300 * (n % 13)}`;
  csvText = ['timestamp,cpu,memory,network,disk', ...Array.from({ length: TICKS }, (_, n) => row(n))].join('\n');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'train-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** When this is said, Ctrl-C is pressed. */
let interruptAt: string | null = null;

function virtmedic(...args: string[]): Promise<Ended> {
  return runCommand(args, Date.now, (text) => {
    if (interruptAt === null || !text.includes(interruptAt)) return;
    interruptAt = null;
    process.emit('SIGINT');
  });
}

function modelIn(out: string, key: string): ReturnType<typeof readModelFile> {
  return readModelFile(readFileSync(join(out, 'models', `${key}.json`), 'utf8'));
}

/** A configuration whose store and folder of prediction are below the test's folder. */
function configured(): string {
  mkdirSync(join(folder, 'state'));
  return written('virtmedic.yaml', `hosts: [{ name: h1, uri: 'qemu:///system' }]\nstore: { path: ${join(folder, 'state', 'store.sqlite')} }\nsampling: { intervalSeconds: 60 }\n`);
}

describe('train --csv', () => {
  it('writes a model of the domain and one of all, which a backtest takes', async () => {
    const csv = written(`${UUID}.csv`, csvText);
    const failures = written('failures.csv', `from,to\n${START_MS / 1000 + (TICKS - 1) * TICK_S},\n`);
    const out = join(folder, 'prediction');
    const ended = await virtmedic('train', '--csv', csv, '--failures', failures, '--out', out);
    expect(ended).toMatchObject({ code: 0, out: `2 models trained into ${join(out, 'models')}, 0 kept as they were, 0 with too little data, 0 failed\n` });
    expect(readdirSync(out)).toEqual(['models']);
    const { record } = modelIn(out, `domain-${UUID}`);
    expect(record).toMatchObject({ target: `domain-${UUID}`, trainedOn: { source: 'csv', targets: 1, tickSeconds: TICK_S, failures: 1 } });
    expect(modelIn(out, 'pooled-domains').record.trainedOn.source).toBe('csv');
    expect((await virtmedic('backtest', '--csv', csv, '--model', join(out, 'models', `domain-${UUID}.json`))).code).toBe(0);
  });

  it('trains models of shorter ticks than its rows, and keeps the last one where the new one is not better', async () => {
    const csv = written('web-1.csv', csvText);
    const out = join(folder, 'prediction');
    expect((await virtmedic('train', '--csv', csv, '--out', out, '--tick', '100s', '--target', 'pooled-domains')).code).toBe(0);
    expect(readdirSync(join(out, 'models'))).toEqual(['pooled-domains.json']);
    expect(modelIn(out, 'pooled-domains').record.trainedOn.tickSeconds).toBe(100);
    const far = await virtmedic('train', '--csv', csv, '--out', out, '--tick', '4s');
    expect(far).toMatchObject({ code: 1, note: expect.stringContaining('values lie 300 s apart, too far for models of ticks of 4 s') as unknown });
  });

  it('says what three rows are too few for', async () => {
    const ended = await virtmedic('train', '--csv', written('three.csv', 'timestamp,cpu\n1,0.5\n2,0.5\n3,0.5\n'), '--out', join(folder, 'out'));
    expect(ended.code).toBe(1);
    expect(ended.note).toContain('pooled-domains: a model was not trained: too little was observed: 0.0 h at ticks of 1 s, at least 6.0 h are needed');
    expect(ended.note).toContain('virtmedic: nothing was trained');
    expect(readdirSync(join(folder, 'out', 'models'))).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  it('keeps the models that are complete', async () => {
    const out = join(folder, 'prediction');
    interruptAt = 'pooled-domains: a model was trained';
    const ended = await virtmedic('train', '--csv', written(`${UUID}.csv`, csvText), '--out', out);
    expect([ended.code, ended.note.includes('interrupted: 1 models were complete and are kept')]).toEqual([130, true]);
    expect(readdirSync(join(out, 'models'))).toEqual(['pooled-domains.json']);
    expect(readdirSync(out)).toEqual(['models']);
  });

  it('keeps what was fetched, with which the next call goes on', async () => {
    const fake = await startFakePrometheus(scraped({ host: 'h1', domain: 'web' }, simulatedReadings({ ticks: 240, tickSeconds: TICK_S, startMs: START_MS + 300 })));
    let asked = 0;
    fake.instead = (_, response, { parameters }) => {
      const query = parameters.get('query') ?? '';
      if ((Number(parameters.get('end')) - Number(parameters.get('start'))) / Number(parameters.get('step')) > 50 && query.startsWith('sum')) return response.writeHead(422).end('{"status":"error","error":"too many samples"}'), true;
      if (query.startsWith('sum') && ++asked === 2) process.emit('SIGINT');
      return false;
    };
    const out = join(folder, 'prediction');
    const range = ['--from', '2023-11-14T22:13:20Z', '--to', '2023-11-15T18:13:20Z'];
    expect((await virtmedic('train', '--prometheus', fake.url, ...range, '--out', out)).code).toBe(130);
    expect(readdirSync(out)).toEqual(['.fetched']);
    const before = fake.asked.length;
    const resumed = await virtmedic('train', '--prometheus', fake.url, ...range, '--out', out, '--resume', '--target', 'pooled-domains');
    await fake.close();
    expect(resumed).toMatchObject({ code: 0, out: expect.stringMatching(/^1 model trained/) as unknown });
    expect(fake.asked.slice(before).some(({ parameters }) => parameters.get('query')?.includes('timestamp') && Number(parameters.get('start')) === START_MS / 1000)).toBe(false);
    expect(readdirSync(out)).toEqual(['models']);
  });
});

describe('train --prometheus', () => {
  it('trains by UUID where it is known', async () => {
    const readings = simulatedReadings({ ticks: TICKS, tickSeconds: TICK_S, startMs: START_MS + 300 });
    const info = { labels: { __name__: 'virtmedic_domain_info', host: 'h1', domain: 'web', uuid: UUID }, samples: [[START_MS / 1000, 1]] as [number, number][] };
    const fake = await startFakePrometheus([...scraped({ host: 'h1', domain: 'web' }, readings), ...scraped({ host: 'h2', domain: 'd b' }, readings), info]);
    const out = join(folder, 'out');
    const ended = await virtmedic('train', '--prometheus', fake.url, '--from', '2023-11-14T22:13:20Z', '--to', '2023-11-17T22:13:20Z', '--out', out);
    await fake.close();
    expect(ended.out).toMatch(/^\d models? trained into .*, \d kept as they were, 0 with too little data, 0 failed$/m);
    for (const key of ['pooled-domains', `domain-${UUID}`, 'domain-h2-d_b']) expect(ended.note).toMatch(new RegExp(`^${key}: (?:a model was trained|the last model stays)`, 'm'));
    expect(ended.code).toBe(0);
    expect(ended.note).toContain('2 domains, scraped every 300 s; models of ticks of 300 s');
    expect(readdirSync(join(out, 'models'))).toContain('pooled-domains.json');
    expect(modelIn(out, 'pooled-domains').record.trainedOn).toMatchObject({ source: 'prometheus', targets: 2, tickSeconds: TICK_S });
    expect(readdirSync(out)).toEqual(['models']);
  });
});

it('train --prometheus goes back as far as observations are kept', async () => {
  const fake = await startFakePrometheus([]);
  const ended = await virtmedic('train', '--prometheus', fake.url, '--to', '2026-01-31T00:00:00Z', '--out', join(folder, 'out'));
  await fake.close();
  expect(ended).toMatchObject({ code: 1, note: expect.stringContaining('has no libvirt_domain_* series in that time') as unknown });
  expect(Number(fake.asked[0]!.parameters.get('start')) * 1000).toBe(Date.parse('2026-01-17T00:00:00Z'));
});

describe('train on the daemon\'s own records', () => {
  function recorded(): void {
    const observations = join(folder, 'state', 'prediction', 'observations');
    mkdirSync(observations, { recursive: true });
    const { symbols } = live({ seconds: 48 * 3600, tickSeconds: 60, random: randomNumbers(1), leak: null });
    writeFileSync(join(observations, `domain-${UUID}.obs`), encodeRecord({ startMs: Date.now() - 49 * 3_600_000, tickSeconds: 60, symbols }));
  }

  it('writes where the daemon finds its models', async () => {
    const config = configured();
    recorded();
    const ended = await virtmedic('train', '--config', config);
    expect([ended.code, ended.note.includes('no failures are known')]).toEqual([0, true]);
    expect(readdirSync(join(folder, 'state', 'prediction', 'models')).sort()).toEqual([`domain-${UUID}.json`, 'pooled-domains.json']);
    expect(modelIn(join(folder, 'state', 'prediction'), 'pooled-domains').record.trainedOn.source).toBe('live');
  });

  it('leaves the models of a running daemon alone, but not another folder', async () => {
    const config = configured();
    recorded();
    const unlock = lockStore(join(folder, 'state', 'store.sqlite'));
    try {
      expect(await virtmedic('train', '--config', config)).toMatchObject({ code: 1, note: expect.stringContaining('Stop it, or write elsewhere with --out') as unknown });
      expect((await virtmedic('train', '--config', config, '--out', join(folder, 'elsewhere'))).code).toBe(0);
    } finally {
      unlock();
    }
  });

  it('says where nothing was recorded', async () => {
    expect(await virtmedic('train', '--config', configured())).toMatchObject({ code: 1, note: expect.stringContaining('nothing was recorded yet in') as unknown });
  });
});

it.each([
  [['--csv', 'x.csv'], 2, 'give --out FOLDER, or --config'],
  [['--csv', 'x.csv', '--prometheus', 'http://x'], 2, 'give either --csv or --prometheus'],
  [['--csv', '/nowhere/x.csv', '--out', 'FOLDER'], 2, '--csv /nowhere/x.csv: does not exist'],
  [['--csv', 'a', '--csv', 'b', '--failures', 'c', '--out', 'FOLDER'], 2, '1 --failures for 2 --csv'],
  [['--csv', 'a', '--out', 'FOLDER', '--target', 'web'], 2, '--target web: expected pooled-domains'],
  [['--config', '/nowhere/x.yaml'], 2, '/nowhere/x.yaml'],
  [['--csv', 'a', '--out', 'FILE/out'], 2, 'FILE/out cannot be made'],
])('wrong use: %j', async (args, code, text) => {
  const file = written('file', '');
  expect(await virtmedic('train', ...args.map((arg) => (arg === 'FOLDER' ? folder : arg.replace('FILE', file))))).toMatchObject({ code, note: expect.stringContaining(text.replace('FILE', file)) as unknown });
});
