import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { REFUSAL_REASONS } from '../../guest/helper/refusal.ts';
import { createHarnesses, OWN_UID } from '../../guest/helper/testing/harness.ts';
import { createHelperMeter, refusalsOf, writeHelper } from './guest-helper.ts';
import type { HelperAnswer } from './guest-helper.ts';
import { createLabelCache } from './label-cache.ts';
import { createWriter } from './writer.ts';

const harnesses = createHarnesses();
const meter = createHelperMeter({ ownerUid: OWN_UID });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-meter-'));
});
afterEach(async () => {
  meter.close();
  await harnesses.stopAll();
  await rm(folder, { recursive: true, force: true });
});

function lines(answer: HelperAnswer | null): string[] {
  const writer = createWriter();
  writeHelper(writer, createLabelCache(), answer);
  return writer.finish().toString().trimEnd().split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

it('asks a real helper: every reason is there from the start, and what it refuses is counted', async () => {
  const harness = await harnesses.start();
  const first = lines(await meter.read(harness.runFolder, 1000));
  expect(first).toEqual(['virtmedic_guest_helper_up 1', ...REFUSAL_REASONS.map((reason) => `virtmedic_guest_helper_refusals_total{reason="${reason}"} 0`)]);
  await harness.client().call('look', { domain: '11111111-2222-4333-8444-555555555555' }).catch(() => undefined);
  const second = lines(await meter.read(harness.runFolder, 1000));
  expect(second.filter((line) => line.endsWith(' 1'))).toHaveLength(2);
});

it('says 0 of a helper that is not there, and nothing where none is configured', async () => {
  expect(lines(await meter.read(join(folder, 'none'), 1000))).toEqual(['virtmedic_guest_helper_up 0']);
  expect(lines(await meter.read(null, 1000))).toEqual([]);
});

it('does not wait for one that is silent', async () => {
  const server = createServer((socket) => void socket.on('error', () => undefined)).listen(join(folder, `peer-${OWN_UID}.sock`));
  await once(server, 'listening');
  expect(lines(await meter.read(folder, 50))).toEqual(['virtmedic_guest_helper_up 0']);
  meter.close();
  server.close();
});

it('takes only what is a count, and only so many reasons', () => {
  const odd = { 'rate-limited': 3, 'of-a-later-helper': 2, 'peer-not-proved': -1, busy: 0.5, 'bad"label': 1, internal: '7' };
  const counts = refusalsOf({ refusals: odd });
  expect(Object.fromEntries([...counts].filter(([, count]) => count > 0))).toEqual({ 'rate-limited': 3, 'of-a-later-helper': 2 });
  const flood = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x-${'abcdefghij'.charAt(index % 10)}${'y'.repeat(index % 60)}${'z'.repeat(Math.floor(index / 600))}`, 1]));
  expect(refusalsOf({ refusals: flood }).size).toBe(256);
  for (const wrong of [null, {}, { refusals: null }, { refusals: [] }]) expect(refusalsOf(wrong).size).toBe(REFUSAL_REASONS.length);
});
