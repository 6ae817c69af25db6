import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LabRow, LabStatus } from './cli-format.ts';
import { httpGet } from './http-get.ts';
import { NO_TRACES, tracesOf } from './traces.ts';

const CLI = join(import.meta.dirname, 'cli.ts');

function cli(...words: string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...words], { timeout: 150_000 }, (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 255), out, err });
    });
  });
}

test('a lab by hand: up in the background, seen and acted on from other processes, and down', async () => {
  const up = await cli('up', '--detach', '--hosts', '1', '--name', 'by-hand', '--json');
  expect(up).toMatchObject({ status: 0 });
  const lab = JSON.parse(up.out) as LabStatus;
  const on = (...words: string[]) => cli(...words, '--lab', lab.id);
  try {
    const rows = JSON.parse((await cli('list', '--json')).out) as LabRow[];
    expect(rows.find(({ id }) => id === lab.id)).toMatchObject({ name: 'by-hand', up: true, hosts: 1 });
    const guest = JSON.parse((await on('guest', 'web', 'h1', '--memory', '32', '--paused', '--json')).out) as { address: string; qemuPid: number };
    expect(guest.qemuPid).toBeGreaterThan(1);
    expect(await cli('virsh', '--lab', lab.id, 'h1', 'domstate', 'web')).toMatchObject({ status: 0, out: 'paused\n\n' });
    expect(await on('kill', 'web')).toMatchObject({ status: 0 });
    expect(await on('libvirtd', 'suspend', 'h1')).toMatchObject({ status: 0 });
    expect(await on('libvirtd', 'continue', 'h1')).toMatchObject({ status: 0 });
    expect(await on('cut-link', 'h1')).toMatchObject({ status: 0 });
    expect(await on('power-off', 'h1')).toMatchObject({ status: 0 });
    const off = JSON.parse((await on('status', '--json')).out) as LabStatus;
    expect(off.hosts).toMatchObject([{ name: 'h1', on: false, linkUp: false, libvirtdPid: null }]);
    await expect(httpGet({ host: guest.address, port: 80, path: '/', timeoutMs: 500 })).rejects.toThrow();
    expect(await on('power-on', 'h1')).toMatchObject({ status: 0 });
    expect((await on('status')).out).toMatch(/h1 {2}on {2}link up {2}libvirtd \d+/);
    expect((await cli('clean')).status).toBe(0);
    expect((await on('status')).out).toContain('web');
  } finally {
    expect(await on('down')).toMatchObject({ status: 0 });
  }
  expect(await tracesOf(lab.id)).toEqual(NO_TRACES);
});

test('what is wrong is said, with the status that tells scripts what kind of wrong', async () => {
  expect(await cli('--help')).toMatchObject({ status: 0, err: '' });
  expect(await cli()).toMatchObject({ status: 2 });
  for (const word of ['frobnicate', 'toString']) {
    expect(await cli(word)).toMatchObject({ status: 2, out: '', err: expect.stringContaining(`no command "${word}"`) });
  }
  expect(await cli('up', '--bogus')).toMatchObject({ status: 2, err: expect.stringContaining("'--bogus'") });
  expect(await cli('fault', 'web')).toMatchObject({ status: 2, err: expect.stringContaining('usage: fault GUEST KIND') });
  expect(await cli('up', '--hosts', '99')).toMatchObject({ status: 2, err: '--hosts 99: allowed are whole numbers from 1 to 40\n' });
  expect(await cli('status', '--lab', 'no-such-lab')).toMatchObject({ status: 1, err: expect.stringContaining('no lab "no-such-lab"') });
  expect(await cli('fault', 'web', 'explode', '--lab', 'no-such-lab')).toMatchObject({ status: 2, err: expect.stringContaining('allowed are panic, hang') });
});
