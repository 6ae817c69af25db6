import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NO_TRACES, tracesOf } from '../../lab/traces.ts';
import { listTraces, readTrace } from '../trace/folder.ts';
import { NUMBER_FIELDS } from '../trace/columns.ts';
import { timeOf } from '../trace/trace.ts';
import { PLANS } from './plans.ts';
import { record } from './record.ts';
import type { Recording } from './record.ts';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'virtmedic-traces-')); });
afterEach(() => rmSync(folder, { recursive: true }));

it('records a healthy guest and one that fails, through libvirt alone, and leaves nothing behind', async () => {
  const ended = new AbortController();
  const plan = PLANS['smallest'] as Recording['plan'];
  const lines: string[] = [];
  const onProgress = (line: string): void => {
    lines.push(line);
    // The first guest that failed and was started again is enough.
    if (line.endsWith(' ticks')) ended.abort();
  };
  const result = await record({ plan, minutes: 2, folder, tickMs: 500, signal: ended.signal, onProgress });

  const [idle, killed] = listTraces(folder).map(readTrace);
  expect(result.written, lines.join('\n')).toHaveLength(2);
  expect([idle?.kind, killed?.kind]).toEqual(['idle', 'kill']);
  expect(idle?.labels).toEqual([]);
  const last = idle?.readings.at(-1);
  // An idle guest reads nothing from a swap it does not have; everything else that libvirt can tell is there.
  expect(NUMBER_FIELDS.filter((field) => last?.[field] === null)).toEqual([]);
  expect(last?.writtenBytes).toBeGreaterThan(idle?.readings[0]?.writtenBytes ?? Number.NaN);

  expect(killed?.labels.map(({ kind, detail }) => (kind === 'failed' ? detail : kind))).toEqual(['decline', 'killed', 'restarted']);
  const [failedAtMs, restartedAtMs] = [timeOf(killed as NonNullable<typeof killed>, 'failed') ?? 0, timeOf(killed as NonNullable<typeof killed>, 'restarted') ?? 0];
  expect(killed?.readings.some(({ atMs, running }) => !running && atMs > failedAtMs && atMs < restartedAtMs)).toBe(true);
  expect(killed?.readings.at(-1)?.running).toBe(true);

  const id = lines.map((line) => /^lab (\w+) is up$/.exec(line)?.[1]).find((found) => found !== undefined);
  expect(await tracesOf(id ?? 'no lab')).toEqual(NO_TRACES);
  expect(id).toBeDefined();
}, 60_000);
