import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../config/errors.ts';
import { StoreUnavailableError } from '../history/store.ts';
import { emptyRecord, sampleAttempt, sampleForecast, sampleIncident, UUID } from '../web/testing/fakes.ts';
import type { Recorded } from '../web/testing/fakes.ts';
import { start, stopAll } from '../web/testing/test-client.ts';

/** The real command as a process of its own, against the real listeners. */
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(stopAll);

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

async function run(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const { VIRTMEDIC_URL: _url, VIRTMEDIC_TOKEN_FILE: _file, FORCE_COLOR: _colour, ...inherited } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

function sample(): Recorded {
  const recorded = emptyRecord();
  const nowMs = Date.now();
  recorded.hosts = [
    { name: 'h1', uri: 'qemu:///system', state: 'up', heardAtMs: nowMs - 3_600_000, error: null, listings: 3 },
    { name: 'host-two', uri: 'x', state: 'unreachable', heardAtMs: null, error: 'refused \u001b[31mred\u0007', listings: 0 },
  ];
  recorded.sightings = [{ uuid: UUID, name: 'web-1', host: 'h1', state: 'shutoff', reason: 'crashed', sinceMs: nowMs - 3_600_000, persistent: true, autostart: false }];
  recorded.domains = [{ uuid: UUID, name: 'web-1', host: 'h1', desired: 'running', desiredSource: 'observed', firstSeenMs: 1, lastSeenMs: 2, lastNotification: null, undefinedAtMs: null }];
  recorded.incidents = [sampleIncident({ hold: { reason: 'waiting_for_alert', why: 'no alert yet', retryAtMs: null } })];
  recorded.closed = [sampleIncident({ id: 'closed-1', state: 'open', closedAtMs: 1_008_000, outcome: 'recovered', outcomeText: 'running again' })];
  recorded.attempts = [sampleAttempt()];
  recorded.forecasts = new Map([[UUID, sampleForecast()]]);
  return recorded;
}

async function served(recorded: Recorded = sample(), changes: Parameters<typeof start>[1] = {}): Promise<{ recorded: Recorded; virtmedic: (...args: string[]) => Promise<Ended> }> {
  const { controlUrl } = await start(recorded, changes);
  return { recorded, virtmedic: (...args) => run(args, { VIRTMEDIC_URL: controlUrl }) };
}

describe('status', () => {
  it('is a table for people, without colour where there is no terminal, and nothing in it steers one', async () => {
    const { virtmedic } = await served();
    const { code, out, err } = await virtmedic('status');
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^virtmedic at http:\/\/127\.0\.0\.1:\d+: ready$/);
    expect(lines).toContain('HOST      STATE        DOMAINS  RUNNING  FAILURE  HEARD    ERROR');
    expect(lines).toContain('host-two  unreachable  0        0        -        -        refused red');
    expect(out).toMatch(/^web-1 {3}h1 {4}shutoff {2}crashed {2}1 h ago {2}running {2}yes {6}13 % {5}01890000-/m);
    expect(out).not.toContain('\u001b');
  });

  it('is JSON for programs', async () => {
    const { virtmedic } = await served();
    const status = JSON.parse((await virtmedic('status', '--json', '--host', 'h1')).out) as Record<string, unknown[]>;
    expect(status).toMatchObject({ ready: true, paused: null, hosts: [{ name: 'h1', domains: 1 }], domains: [{ name: 'web-1' }], incidents: [{ fault: 'domain_crashed' }] });
  });

  it('says what is not ready and who has paused', async () => {
    const recorded = sample();
    recorded.paused = { by: 'alice', reason: 'storage', atMs: Date.now() };
    const { virtmedic } = await served(recorded, { ready: () => [{ name: 'store', ok: false, detail: 'disk full' }] });
    const { code, out } = await virtmedic('status');
    expect(code).toBe(0);
    expect(out).toContain('not ready\n  store: disk full\nPAUSED ');
    expect(out).toContain(' by alice: storage');
  });
});

describe('incidents and history', () => {
  it('list, acknowledge and close', async () => {
    const { recorded, virtmedic } = await served();
    const { id } = sampleIncident();
    expect((await virtmedic('incidents')).out).toMatch(/^01890000-\S+ {2}.* ago {2}web-1 on h1 {2}domain_crashed {2}open {3}waiting_for_alert: no alert yet$/m);
    expect((await virtmedic('incidents', 'acknowledge', id)).out).toBe('Acknowledged: domain_crashed of web-1 on h1.\n');
    expect(JSON.parse((await virtmedic('incidents', 'close', id, '--reason', 'by hand', '--json')).out)).toMatchObject({ outcomeText: 'by hand' });
    expect(recorded.calls).toEqual([['acknowledge', id, 'local'], ['close', id, 'local', 'by hand']]);
    expect(await virtmedic('incidents', 'close', id)).toMatchObject({ code: 2, err: expect.stringContaining('--reason') as unknown });
    expect((await virtmedic('incidents', 'bogus')).code).toBe(2);
  });

  it('filters history', async () => {
    const { recorded, virtmedic } = await served();
    const before = Date.now();
    const { code, out } = await virtmedic('history', '--utc', '--since', '2h', '--until', '2026-01-31T12:00:00Z', '--domain', 'web-1', '--host', 'h1', '--fault', 'domain_crashed', '--outcome', 'recovered', '--limit', '1');
    expect(code).toBe(0);
    expect(out).toMatch(/^closed-1 {2}1970-01-01 00:16:40Z {2}web-1 on h1 {2}domain_crashed {2}recovered {2}8 s {3}running again$/m);
    const [query] = recorded.queries;
    expect(query).toMatchObject({ toMs: Date.parse('2026-01-31T12:00:00Z'), domain: ['web-1'], host: ['h1'], fault: ['domain_crashed'], outcome: ['recovered'], limit: 1 });
    expect(query?.fromMs).toBeGreaterThanOrEqual(before - 7_200_000);
    expect(query?.fromMs).toBeLessThanOrEqual(Date.now() - 7_200_000);
  });

  it('tells one recovery from beginning to end', async () => {
    const { virtmedic } = await served();
    const { code, out } = await virtmedic('history', 'closed-1', '--utc');
    expect(code).toBe(0);
    expect(out).toContain(`Target      web-1 on h1 (${UUID})`);
    expect(out).toContain('Took        detect 0.25 s, decide 1.9 s, execute 0.8 s, verify 5 s, total 8 s');
    const moments = out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3));
    expect(moments.slice(moments.findIndex(([first]) => first === 'AFTER') + 1, -1)).toEqual([
      ['0 s', 'event', 'STOPPED/FAILED'],
      ['0.25 s', 'opened', 'domain_crashed'],
      ['2 s', 'released', 'by alert'],
      ['2 s', 'attempt 1', 'start on h1, by policy'],
      ['7.9 s', 'attempt 1', 'succeeded'],
      ['8 s', 'closed', 'recovered'],
    ]);
    expect(JSON.parse((await virtmedic('history', 'closed-1', '--json')).out)).toMatchObject({ incident: { id: 'closed-1' }, timings: { totalMs: 8000 } });
    expect(await virtmedic('history', 'missing')).toMatchObject({ code: 1, out: '', err: 'virtmedic: There is no recovery with this id.\n' });
  });
});

describe('orders', () => {
  it('recover', async () => {
    const { recorded, virtmedic } = await served();
    expect(await virtmedic('recover', 'web-1')).toMatchObject({ code: 0, out: 'Accepted: recover on h1\n' });
    expect((await virtmedic('recover', 'web-1', '--action', 'reset', '--dry-run', '--reason', 'try', '--host', 'h1')).out).toBe('Dry run, nothing is done: reset on h1\n');
    expect(recorded.calls.map(([, request]) => request)).toEqual([
      { domain: 'web-1', action: 'recover', dryRun: false, reason: '', actor: 'local' },
      { domain: 'web-1', host: 'h1', action: 'reset', dryRun: true, reason: 'try', actor: 'local' },
    ]);
    recorded.calls.length = 0;
    expect(await virtmedic('recover', 'app/web-1/web', '--action', 'restart_app', '--dry-run')).toMatchObject({ code: 0, out: 'Dry run, nothing is done: restart_app on h1\n' });
    expect((await virtmedic('recover', `app/${UUID}/web`)).code).toBe(0);
    expect(recorded.calls.map(([, request]) => request)).toEqual([
      { domain: 'web-1', app: 'web', action: 'restart_app', dryRun: true, reason: '', actor: 'local' },
      { domain: UUID, app: 'web', action: 'recover', dryRun: false, reason: '', actor: 'local' },
    ]);
    for (const [args, hint] of [[['web-1', '--action', 'kill_process'], 'app/web-1/APP'], [['app/web-1/web', '--action', 'reset'], 'recover, restart_app'], [['app/web-1'], 'expected app/DOMAIN/APP'], [['app/a/b/c'], 'expected app/DOMAIN/APP']] as const) {
      expect(await virtmedic('recover', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(hint) as unknown });
    }
    expect(recorded.calls).toHaveLength(2);
    expect(await virtmedic('recover', 'web-1', '--action', 'destroy')).toMatchObject({ code: 1, err: 'virtmedic: destroy on h1\n' });
    expect(await virtmedic('recover', 'nobody')).toMatchObject({ code: 1, err: 'virtmedic: There is no domain nobody.\n' });
    expect(await virtmedic('recover', 'web-1', '--action', 'relocate')).toMatchObject({ code: 2, err: expect.stringContaining('Allowed choices are recover, start,') as unknown });
  });

  it('add, list and remove maintenance', async () => {
    const { recorded, virtmedic } = await served();
    const added = await virtmedic('maintenance', 'add', '--host', 'h1', '--for', '1h30m', '--reason', 'new disk');
    expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/^Maintenance m1 for host h1 until /) as unknown });
    expect((await virtmedic('maintenance', 'list')).out).toMatch(/^m1 {2}host h1 {2}in 1 h (29|30) min .* {2}local {2}new disk$/m);
    expect((await virtmedic('maintenance', 'remove', 'm1')).out).toBe('Maintenance m1 has ended.\n');
    expect(recorded.calls.map(([name]) => name)).toEqual(['addMaintenance', 'removeMaintenance']);
    for (const wrong of [['--for', '1h', '--reason', 'x'], ['--all', '--host', 'h', '--for', '1h', '--reason', 'x'], ['--all', '--reason', 'x'], ['--all', '--for', 'soon', '--reason', 'x'], ['--all', '--for', '1h']]) {
      expect((await virtmedic('maintenance', 'add', ...wrong)).code).toBe(2);
    }
    expect(recorded.calls).toHaveLength(2);
  });

  it('pause, unpause, forget, reload', async () => {
    const { recorded, virtmedic } = await served();
    expect((await virtmedic('pause', '--reason', 'storage')).code).toBe(0);
    expect(JSON.parse((await virtmedic('unpause', '--json')).out)).toMatchObject({ paused: null });
    expect((await virtmedic('forget', 'web-1')).out).toBe(`Forgotten: web-1 (${UUID}).\n`);
    expect(await virtmedic('forget', 'web-1', '--host', 'h9')).toMatchObject({ code: 1, err: expect.stringContaining('no domain web-1 on h9') as unknown });
    expect((await virtmedic('reload')).code).toBe(0);
    expect(recorded.calls.map(([name]) => name)).toEqual(['pause', 'unpause', 'forget', 'reload']);
    recorded.failure = new ConfigError([{ file: 'v.yaml', line: 3, column: 5, path: 'hosts', message: 'is missing' }]);
    expect(await virtmedic('reload')).toMatchObject({ code: 2, err: expect.stringContaining('v.yaml:3:5: hosts: is missing') as unknown });
    recorded.failure = new StoreUnavailableError('full');
    expect(await virtmedic('unpause')).toMatchObject({ code: 1, err: expect.stringContaining('nothing was done') as unknown });
  });
});

describe('the connection', () => {
  const token = 'operate-token-0123456789';
  const tokens = [{ name: 'ops', token, scopes: ['operate' as const] }];

  it('uses a token from a file', async () => {
    const { recorded, virtmedic } = await served(sample(), { control: { tokens } });
    const file = join(folder, 'token');
    await writeFile(file, `${token}\n`, { mode: 0o600 });
    expect(await virtmedic('incidents')).toMatchObject({ code: 1, err: expect.stringContaining('--token-file') as unknown });
    expect((await virtmedic('pause', '--reason', 'x', '--token-file', file)).code).toBe(0);
    expect(recorded.calls).toEqual([['pause', 'ops', 'x']]);
    expect(await virtmedic('reload', '--token-file', file)).toMatchObject({ code: 1, err: expect.stringContaining('needs the scope `admin`') as unknown });
    expect(await virtmedic('status', '--token-file', join(folder, 'none'))).toMatchObject({ code: 2, err: expect.stringContaining('does not exist') as unknown });
  });

  it('says what to do when virtmedic is not there', async () => {
    const { controlUrl, stop } = await start();
    await stop();
    const { code, out, err } = await run(['status'], { VIRTMEDIC_URL: controlUrl });
    expect([code, out]).toEqual([3, '']);
    expect(err).toContain(`cannot reach virtmedic at ${controlUrl}: connection refused`);
    expect(err).toContain('virtmedic serve --config');
  });

  it('notices that something else answers, or the other listener', async () => {
    const { webUrl } = await start();
    expect(await run(['pause', '--reason', 'x', '--url', webUrl])).toMatchObject({ code: 1, err: expect.stringContaining('POST is not possible here') as unknown });
    expect(await run(['reload', '--url', webUrl])).toMatchObject({ code: 1, err: expect.stringContaining('control listener') as unknown });
    expect(await run(['status', '--url', 'h1:9178'])).toMatchObject({ code: 2, err: expect.stringContaining('expected an http://') as unknown });
  });
});

describe('check-config', () => {
  it('passes a good file, with warnings', async () => {
    const file = join(folder, 'good.yaml');
    await writeFile(file, 'hosts: [{name: h1, uri: "qemu:///system"}]\ndomains: [{managed: true}, {}]\n');
    expect(await run(['check-config', file])).toMatchObject({
      code: 0,
      out: `${file}: valid; 1 host, 2 selectors (1 managed), metrics on :9177, control on 127.0.0.1:9178\n`,
      err: expect.stringContaining(`warning: ${file}:2:28: domains[1]: can never match`) as unknown,
    });
  });

  it('exits 2 with file, line, path and allowed values', async () => {
    const file = join(folder, 'bad.yaml');
    await writeFile(file, 'hosts: [{name: h1, uri: "qemu:///system"}]\ndomains:\n  - restartPolicy: never\n');
    expect(await run(['check-config', file])).toMatchObject({ code: 2, out: '', err: expect.stringContaining(`${file}:3:20: domains[0].restartPolicy: \`never\` is not allowed; expected one of \`on-failure\`, \`always\`\n1 error.\n`) as unknown });
    const answer = await run(['check-config', file, '--json']);
    expect([answer.code, answer.err]).toEqual([2, '']);
    expect(JSON.parse(answer.out)).toMatchObject({ file, valid: false, errors: [{ line: 3, column: 20, path: 'domains[0].restartPolicy' }], warnings: [] });
    expect(await run(['serve', '--config', file])).toMatchObject({ code: 2, err: expect.stringContaining('bad.yaml:3:20') as unknown });
  });

  it('checks the inventory too', async () => {
    await writeFile(join(folder, 'inventory.yaml'), 'domains:\n  - {name: a, desired: up}\n');
    const file = join(folder, 'with-inventory.yaml');
    await writeFile(file, 'hosts: [{name: h1, uri: "qemu:///system"}]\ninventory: {file: inventory.yaml}\n');
    expect(await run(['check-config', file])).toMatchObject({ code: 2, err: expect.stringMatching(/inventory\.yaml:2:24: domains\[0\]\.desired: `up` is not allowed; expected one of `running`, `stopped`/) as unknown });
  });
});

describe('usage', () => {
  it('shows help with exit codes for every command', async () => {
    for (const args of [['--help'], ['serve', '--help'], ['history', '--help'], ['maintenance', 'add', '--help'], ['help', 'recover']]) {
      expect(await run(args)).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: virtmedic[^]*Exit codes:/) as unknown, err: '' });
    }
  });

  it('exits 2 with a hint for what it does not know', async () => {
    for (const [args, hint] of [[['histry'], 'Did you mean history?'], [['history', '--limit', '0'], 'from 1 to 1000'], [['history', '--since', 'soon'], 'a duration before now'], [['history', '--outcome', 'fine'], 'recovered'], [['status', '--jsn'], '--json'], [['recover'], "argument 'domain'"]] as const) {
      expect(await run([...args])).toMatchObject({ code: 2, out: '', err: expect.stringContaining(hint) as unknown });
    }
  });
});
