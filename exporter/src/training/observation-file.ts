/** Files of observations: appended to by the daemon, read by training. */
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { MISSING } from '../prediction/hmm/model.ts';
import type { SymbolRecord } from '../prediction/states-known.ts';
import { writeAtomically } from './atomic-file.ts';
import { sameTick } from './material.ts';
import { decodeRecords, encodeRecord, HEADER_BYTES, MOST_TICKS } from './observation-record.ts';
import { endOf } from './stretches.ts';

/** 90 days at ticks of 0.5 s; of a larger file only the newest part is read. */
const MOST_BYTES = 67_108_864;
/** Records that follow each other with no more than this between them are one: ticks were missed. */
const JOINED_GAP_MS = 120_000;
const MOST_JOINED_GAP_TICKS = 60;

export interface Range {
  fromMs: number;
  toMs: number;
  /** Records of another length are left out. */
  tickSeconds: number;
  /** What is asked for lies in the file's last bytes, so many. Default: all of it is read. */
  mostBytes?: number;
}

export interface ObservationsRead {
  /** In order of time; ticks that were missed for a short time are MISSING in them. */
  records: SymbolRecord[];
  /** Bytes that could not be read. */
  damaged: { fromByte: number; toByte: number }[];
  /** Ticks left out for their length. */
  otherTicks: number;
}

/** A file that does not exist is an empty one. @throws what the file system says */
export async function readObservations(path: string, range: Range): Promise<ObservationsRead> {
  const bytes = await readTail(path, range.mostBytes ?? Infinity);
  if (bytes === null) return { records: [], damaged: [], otherTicks: 0 };
  const decoded = decodeRecords(bytes.content);
  const ours = decoded.records.filter(({ tickSeconds }) => sameTick(tickSeconds, range.tickSeconds));
  const wanted = ours.map((record) => clipped(record, range)).filter(({ symbols }) => symbols.length > 0);
  // Where reading began in the middle of a record, nothing is damaged.
  const damaged = decoded.damaged.filter(({ fromByte }) => bytes.offset === 0 || fromByte > 0).map(({ fromByte, toByte }) => ({ fromByte: bytes.offset + fromByte, toByte: bytes.offset + toByte }));
  const otherTicks = decoded.records.reduce((sum, { symbols }) => sum + symbols.length, 0) - ours.reduce((sum, { symbols }) => sum + symbols.length, 0);
  wanted.sort((a, b) => a.startMs - b.startMs);
  // Written twice where the first attempt seemed to have failed.
  const once = wanted.filter(({ startMs }, n) => n === 0 || startMs !== wanted[n - 1]!.startMs);
  return { records: joined(once), damaged, otherTicks };
}

async function readTail(path: string, wanted: number): Promise<{ content: Buffer; offset: number } | null> {
  const file = await openIfThere(path);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const length = Math.ceil(Math.min(size, wanted, MOST_BYTES));
    const content = Buffer.alloc(length);
    const { bytesRead } = await file.read(content, 0, length, size - length);
    return { content: content.subarray(0, bytesRead), offset: size - length };
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function clipped({ startMs, tickSeconds, symbols }: SymbolRecord, { fromMs, toMs }: Range): SymbolRecord {
  const tickMs = tickSeconds * 1000;
  const from = Math.min(symbols.length, Math.max(0, Math.ceil((fromMs - startMs) / tickMs)));
  const to = Math.min(symbols.length, Math.max(from, Math.ceil((toMs - startMs) / tickMs)));
  return { startMs: startMs + from * tickMs, tickSeconds, symbols: symbols.subarray(from, to) };
}

/** What overlaps, as after the clock was set back, stays apart. */
function joined(records: readonly SymbolRecord[]): SymbolRecord[] {
  const groups: { parts: SymbolRecord[]; gaps: number[]; ticks: number }[] = [];
  for (const record of records) {
    const group = groups.at(-1);
    const last = group?.parts.at(-1);
    const tickMs = record.tickSeconds * 1000;
    const gap = last === undefined ? Infinity : Math.round((record.startMs - endOf(last)) / tickMs);
    if (group === undefined || last === undefined || gap < 0 || gap > Math.max(2, Math.min(MOST_JOINED_GAP_TICKS, JOINED_GAP_MS / tickMs))) groups.push({ parts: [record], gaps: [0], ticks: record.symbols.length });
    else {
      group.parts.push(record);
      group.gaps.push(gap);
      group.ticks += gap + record.symbols.length;
    }
  }
  return groups.map(({ parts, gaps, ticks }) => {
    const symbols = new Int16Array(ticks).fill(MISSING);
    let at = 0;
    parts.forEach((part, n) => {
      symbols.set(part.symbols, at + gaps[n]!);
      at += gaps[n]! + part.symbols.length;
    });
    return { startMs: parts[0]!.startMs, tickSeconds: parts[0]!.tickSeconds, symbols };
  });
}

export interface Pruned {
  removedRecords: number;
  damaged: { fromByte: number; toByte: number }[];
}

/**
 * Removes what ended before `beforeMs`, and what is damaged. Nothing may be appended meanwhile.
 *
 * @param atLeastMs a file whose oldest record is no older than that before is left as it is
 * @throws what the file system says
 */
export async function pruneObservations(path: string, beforeMs: number, atLeastMs: number): Promise<Pruned | null> {
  const head = await readHead(path);
  if (head === null) return null;
  const [first] = decodeRecords(head).records;
  if (first !== undefined && endOf(first) >= beforeMs - atLeastMs) return null;
  const bytes = await readTail(path, Infinity);
  if (bytes === null) return null;
  const { records, damaged } = decodeRecords(bytes.content);
  const kept = records.filter((record) => endOf(record) >= beforeMs);
  if (kept.length === 0) await rm(path);
  else await writeAtomically(path, Buffer.concat(kept.map(encodeRecord)));
  return { removedRecords: records.length - kept.length, damaged };
}

/** With the first record, however long. */
async function readHead(path: string): Promise<Buffer | null> {
  const file = await openIfThere(path);
  if (file === null) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES + 2 * MOST_TICKS), 0, HEADER_BYTES + 2 * MOST_TICKS, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
