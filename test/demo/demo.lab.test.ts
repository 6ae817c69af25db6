import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFailed, onTestFinished, test } from 'vitest';
import { NO_TRACES, tracesOf } from '../lab/traces.ts';
import { waitUntil } from '../lab/wait-until.ts';

interface RunningDemo {
  output(): string;
  /** Once the demo has said something that matches: the first group, or all of it. Rejects when the demo ends before. */
  says(pattern: RegExp): Promise<string>;
  interrupt(): void;
  ended: Promise<number | null>;
}

const DEADLINE_MS = 150_000;

function startDemo(...args: string[]): RunningDemo {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let isOver = false;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null).finally(() => (isOver = true));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const says = async (pattern: RegExp): Promise<string> => {
    const match = await waitUntil(String(pattern), () => pattern.exec(output) ?? isOver, { deadlineMs: DEADLINE_MS });
    if (match === true) throw new Error(`the demo ended without ${pattern}:\n${output}`);
    return match[1] ?? match[0];
  };
  return { output: () => output, says, interrupt: () => void child.kill('SIGINT'), ended };
}

const LAB_ID = /lab ([a-z0-9]{6}) in /;

/** Above the demo's own limits, so that what it says of a failure is seen. */
const WHOLE_DEMO_MS = 420_000;

test('a fault of a guest and one inside a guest without a terminal: told, recovered, nothing left behind', { timeout: WHOLE_DEMO_MS }, async () => {
  const demo = startDemo('--hosts', '1', '--break', 'vm-killed', '--break', 'app-killed');
  onTestFailed(() => console.error(demo.output()));
  const id = await demo.says(LAB_ID);
  expect(await demo.ended, demo.output()).toBe(0);
  const told = [/seen +shut off \((failed|crashed)\) on h1/, /alert +VirtmedicDomainCrashed is firing/, /done +create: succeeded/, /serving .*boot 2 \(1 before\)/, /ended +recovered/];
  const [ofGuest = '', ofApp = ''] = demo.output().split('[2/2]');
  for (const line of told) expect(ofGuest).toMatch(line);
  const toldInside = [/not served +http/, /seen +web in vm4 is down/, /alert +VirtmedicAppDown is firing/, /done +start \/bin\/httpd .*: succeeded/, /serving .*still boot 1,/, /ended +recovered/];
  for (const line of toldInside) expect(ofApp).toMatch(line);
  expect(demo.output()).toMatch(/app-killed +Table 4, web server .*\d+\.\d s +\d+\.\d s/);
  expect(demo.output()).toMatch(/vm-killed +Table 3, VM down .*\d+\.\d s +\d+\.\d s/);
  expect(await tracesOf(id)).toEqual(NO_TRACES);
});

test.each([/starting the guest helper/, /waiting for the first heartbeat/, /done to it/])('Ctrl-C after %s: exit code 130, nothing left behind', async (moment) => {
  const demo = startDemo('--hosts', '1', '--break', 'app-killed');
  const id = await demo.says(LAB_ID);
  await demo.says(moment);
  demo.interrupt();
  expect(await demo.ended, demo.output()).toBe(130);
  expect(demo.output()).not.toMatch(/failed|logs/i);
  expect(await tracesOf(id)).toEqual(NO_TRACES);
});

test('the preview is served with the page and the data of this demo', { timeout: WHOLE_DEMO_MS }, async () => {
  const demo = startDemo('--hosts', '1', '--break', 'vm-killed', '--keep');
  const url = await demo.says(/Grafana view +(http:\/\/[^/]+)/);
  const page = await fetch(`${url}/d/overview`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  expect(await page.text()).toContain('/public/page/main.js');
  for (const path of ['/public/page/main.js', '/public/plugins/virtmedic-recoveryhistory-panel/module.js', '/public/plugins/virtmedic-recovery-app/dashboards/overview.json']) {
    expect((await fetch(`${url}${path}`)).status, path).toBe(200);
  }
  const data = await fetch(`${url}/api/datasources/proxy/uid/virtmedic/api/v1/domains`, { headers: { cookie: 'grafana_session=Viewer' } });
  expect(JSON.stringify(await data.json())).toContain('"vm1"');
  demo.interrupt();
  expect([0, 130]).toContain(await demo.ended);
});

test('with --no-preview there is none, and nothing is built', async () => {
  const demo = startDemo('--hosts', '1', '--break', 'vm-killed', '--no-preview');
  await demo.says(/done to it/);
  expect(demo.output()).not.toMatch(/Grafana/);
  demo.interrupt();
  expect(await demo.ended).toBe(130);
});

test('with --keep everything stays up after the tour, until Ctrl-C', async () => {
  const demo = startDemo('--hosts', '1', '--break', 'vm-killed', '--keep');
  const id = await demo.says(LAB_ID);
  await demo.says(/stays up until Ctrl-C/);
  const url = await demo.says(/virtmedic +(http:\S+)/);
  expect((await fetch(`${url}api/v1/recoveries`)).status).toBe(200);
  demo.interrupt();
  expect(await demo.ended, demo.output()).toBe(0);
  expect(await tracesOf(id)).toEqual(NO_TRACES);
});

test('a wrong word is refused with the allowed ones', async () => {
  const demo = startDemo('--break', 'vm-eaten');
  expect(await demo.ended).toBe(2);
  expect(demo.output()).toContain('--break vm-eaten: there are vm-killed, vm-deleted, vm-hung, app-killed, app-hung');
});
