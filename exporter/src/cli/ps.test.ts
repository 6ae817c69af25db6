import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { HelperError } from '../guest/helper/client.ts';
import type { GuestProcess } from '../guest/processes/process.ts';
import { emptyRecord, UUID } from '../web/testing/fakes.ts';
import { sampleProcess, viewOfApps } from '../web/testing/sample-apps.ts';
import { start, stopAll } from '../web/testing/test-client.ts';
import type { Terminal } from './context.ts';
import { run } from './run.ts';

afterEach(stopAll);

const PROCESSES = [sampleProcess({ pid: 300, residentBytes: 1024 }), sampleProcess({ pid: 1, parentPid: 0, name: 'a\u001b[31m', executable: null, commandLine: ['x'] })];

/** The real listeners in front of a guest that answers as `look` says. */
async function served(look: () => Promise<GuestProcess[]> = async () => PROCESSES): Promise<string> {
  const recorded = emptyRecord();
  recorded.sightings = [{ uuid: UUID, name: 'web-1', host: 'h1', state: 'running', reason: 'booted', sinceMs: 1, persistent: true, autostart: false }];
  return (await start(recorded, { apps: viewOfApps([], [], async () => ({ processes: await look() })) })).controlUrl;
}

async function ps(url: string, args: string[], terminal: Partial<Terminal> = {}): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(['ps', ...args, '--url', url], { out: (text) => out.push(text), note: (text) => err.push(text), colour: false, nowMs: Date.now, ...terminal });
  return { code, out: out.join(''), err: err.join('') };
}

describe('ps', () => {
  it('shows the processes of a guest, by name or UUID, in the order that is asked for', async () => {
    const url = await served();
    const { code, out, err } = await ps(url, ['web-1', '--sort', 'rss']);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n').map((line) => line.trim().split(/ +/)[0])).toEqual(['PID', '1', '300', '']);
    expect(out).toContain(' a\\e[31m\n');
    expect((await ps(url, [UUID.toUpperCase()])).out.split('\n')).toHaveLength(4);
    expect((await ps(url, ['web-1'], { columns: () => 60 })).out.split('\n').every((line) => line.length <= 75)).toBe(true);
  });

  it('is JSON for programs', async () => {
    expect(JSON.parse((await ps(await served(), ['web-1', '--json'])).out)).toMatchObject({ uuid: UUID, argumentsShown: false, processes: [{ pid: 1, name: 'a\u001b[31m' }, { pid: 300, commandLine: 'nginx [2 arguments]' }] });
  });

  it('says why there is no list', async () => {
    const url = await served(() => Promise.reject(new HelperError('not-opted-in', 'the helper is not told to look into web-1', { isRefusal: true })));
    for (const args of [['web-1'], ['web-1', '--watch']]) expect(await ps(url, args)).toEqual({ code: 1, out: '', err: 'virtmedic: the helper is not told to look into web-1\n' });
    expect(await ps(url, ['nobody'])).toMatchObject({ code: 1, err: expect.stringContaining('no domain nobody') as unknown });
    expect(await ps('http://127.0.0.1:1', ['web-1'])).toMatchObject({ code: 3 });
    for (const [args, hint] of [[['--watch', 'web-1'], 'behind the domain'], [['web-1', '--watch', '0'], 'from 0.2 to 3600'], [['web-1', '--sort', 'x'], 'pid, cpu'], [[], "argument 'domain'"]] as const) {
      expect(await ps(url, [...args])).toMatchObject({ code: 2, err: expect.stringContaining(hint) as unknown });
    }
  });

  it('watches until Ctrl-C, over a time in which there is no list, and ends well', async () => {
    let looks = 0;
    const url = await served(async () => {
      looks += 1;
      if (looks === 2) throw new HelperError('paused', 'the domain is held', { isRefusal: true });
      return PROCESSES;
    });
    const child = spawn(process.execPath, [fileURLToPath(new URL('../main.ts', import.meta.url)), 'ps', 'web-1', '--watch', '0.2', '--url', url], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.split('COMMAND').length > 2) child.kill('SIGINT');
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(out).toMatch(/^web-1 on h1, .*, every 0\.2 s: 2 processes\n\n[^]*: the domain is held\n[^]*: 2 processes\n/);
    expect(out).not.toContain('\u001b');
  });
});
