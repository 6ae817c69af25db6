/** Observations to train on, as `--csv`, `--prometheus` or neither says. */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { predictionFolder } from '../config/prediction-folder.ts';
import { openSqliteStore } from '../history/index.ts';
import type { MeasuredValues } from '../prediction/observation/observer.ts';
import type { DomainReading } from '../prediction/observation/reading.ts';
import { predictDomain, predictValues } from '../prediction/predictor.ts';
import { domainKey } from '../prediction/model-source.ts';
import type { TargetKey } from '../prediction/model-source.ts';
import type { Interval } from '../prediction/states-known.ts';
import { isTargetKey } from '../training/keys.ts';
import type { ModelKey } from '../training/keys.ts';
import { labelsFrom } from '../training/labels.ts';
import type { LabelsOf } from '../training/labels.ts';
import type { Observations } from '../training/observations.ts';
import { CsvError, openCsv } from '../training/sources/csv.ts';
import type { CsvSource } from '../training/sources/csv.ts';
import { describeCsv } from '../training/sources/csv/describe.ts';
import { readFailures } from '../training/sources/failures.ts';
import { recordedObservations } from '../training/sources/recorded-observations.ts';
import type { PrometheusDomain } from '../training/sources/prometheus.ts';
import { labelsOfFailures, MOST_TICKS_BETWEEN, openReplayed } from '../training/sources/train-from.ts';
import type { Replayed, TargetBatch } from '../training/sources/train-from.ts';
import type { Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';
import { fileProblem } from './file-problem.ts';
import { createProgress } from './progress.ts';
import { fromPrometheus, openFromPrometheus } from './prometheus-source.ts';
import { printable } from './table.ts';
import type { TrainOrder } from './train-order.ts';

export interface TrainingSource {
  /** For the record of a model: `live`, `csv`, `prometheus`. */
  name: string;
  observations: Observations;
  labelsOf: LabelsOf;
  /** Of the models. */
  tickSeconds: number;
  keepDays: number;
  /** All that it can train; null: whatever there is. */
  models: ReadonlySet<ModelKey> | null;
  /** All was trained on. */
  done(): Promise<void>;
  close(): Promise<void>;
}

interface Surroundings {
  config: Config | null;
  /** Where models go. */
  folder: string;
  signal: AbortSignal;
}

const FOR_EVER_DAYS = 36_500;
/** As `prediction.training.keepDays` by default. */
const DEFAULT_DAYS = 14;
const DAY_MS = 86_400_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LONGEST_NAME = 90;

/** What of a source is replayed is replayed when this resolves. @throws CommandError */
export async function openTrainingSource(terminal: Terminal, order: TrainOrder, surroundings: Surroundings): Promise<TrainingSource> {
  const { config, folder } = surroundings;
  if (order.csv === undefined && order.prometheus === undefined) return openOwnRecords(terminal, order, config!);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new CommandError(EXIT.usage, `${folder} cannot be made: ${error.message}`);
  });
  const replayed = await openReplayed(join(folder, `.replayed-${process.pid}`), (text) => terminal.note(`${printable(text)}\n`));
  try {
    return order.prometheus === undefined ? await replayCsv(terminal, order, surroundings, replayed) : await replayPrometheus(terminal, { ...order, prometheus: order.prometheus }, surroundings, replayed);
  } catch (error) {
    await replayed.stop();
    throw error;
  }
}

async function openOwnRecords(terminal: Terminal, { tick }: TrainOrder, config: Config): Promise<TrainingSource> {
  const folder = join(predictionFolder(config), 'observations');
  const observations = recordedObservations(folder);
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) throw new CommandError(EXIT.failed, `nothing was recorded yet in ${folder}; give --csv or --prometheus, or let virtmedic run for some hours`);
  const hasStore = existsSync(config.store.path);
  if (!hasStore) terminal.note(`${config.store.path} does not exist, so no failures are known\n`);
  const store = hasStore ? await openSqliteStore(config.store.path, { onWarning: (text) => terminal.note(`${printable(text)}\n`) }) : null;
  return {
    name: 'live',
    observations,
    labelsOf: store === null ? async () => ({ failures: [], censored: [] }) : labelsFrom(store),
    tickSeconds: tick ?? config.sampling.intervalSeconds,
    keepDays: config.prediction.training.keepDays,
    models: null,
    done: async () => undefined,
    close: async () => store?.close(),
  };
}

async function replayCsv(terminal: Terminal, order: TrainOrder, { config, signal }: Surroundings, replayed: Replayed): Promise<TrainingSource> {
  const [files, failureFiles] = [order.csv ?? [], order.failures ?? []];
  if (failureFiles.length > 0 && failureFiles.length !== files.length) throw new CommandError(EXIT.usage, `${failureFiles.length} --failures for ${files.length} --csv: give one for each, or none`);
  const failures = new Map<TargetKey, Interval[]>();
  let tickSeconds = order.tick ?? config?.sampling.intervalSeconds ?? null;
  for (const [n, path] of files.entries()) {
    signal.throwIfAborted();
    const progress = createProgress(terminal);
    const key = keyOfFile(path);
    if (failures.has(key)) throw new CommandError(EXIT.usage, `two files are of ${key}: ${path}`);
    const failureFile = failureFiles[n];
    failures.set(key, failureFile === undefined ? [] : await readFailures(failureFile).catch((error: Error) => {
      throw new CommandError(EXIT.usage, `--failures ${failureFile}: ${fileProblem(error)}`);
    }));
    const source = await openCsvAt(path, tickSeconds, (share) => progress(`${path}`, share));
    try {
      tickSeconds ??= source.tickSeconds;
      await replayed.replay({ batches: csvBatches(source, key, signal), tickSeconds: sourceTick(source.survey.medianSeconds ?? tickSeconds, tickSeconds, path), modelTickSeconds: tickSeconds, predict: predictValues });
      for (const note of describeCsv(source)) terminal.note(`${printable(`${path}: ${note}`)}\n`);
    } finally {
      await source.close();
    }
  }
  return sourceOf('csv', replayed, async (key) => labelsOfFailures(failures.get(key) ?? []), tickSeconds ?? 1, async () => undefined);
}

async function openCsvAt(path: string, tickSeconds: number | null, onShare: (share: number) => void): Promise<CsvSource> {
  return openCsv(path, { ...(tickSeconds === null ? {} : { tickSeconds }), onProgress: (_, share) => onShare(share) }).catch((error: Error) => {
    throw new CommandError(error instanceof CsvError ? EXIT.failed : EXIT.usage, `--csv ${path}: ${fileProblem(error)}`);
  });
}

async function* csvBatches(source: CsvSource, key: TargetKey, signal: AbortSignal): AsyncGenerator<TargetBatch<MeasuredValues>> {
  for await (const readings of source.ticks()) {
    signal.throwIfAborted();
    yield { key, place: '', readings };
  }
}

async function replayPrometheus(terminal: Terminal, order: TrainOrder & { prometheus: string }, { config, folder, signal }: Surroundings, replayed: Replayed): Promise<TrainingSource> {
  const progress = createProgress(terminal);
  const wanted = order.tick ?? config?.sampling.intervalSeconds ?? null;
  const { prometheus: url } = order;
  // Gone on with, the range is the one that was begun.
  const from = order.from ?? (order.resume === true ? undefined : (order.to ?? terminal.nowMs()) - (config?.prediction.training.keepDays ?? DEFAULT_DAYS) * DAY_MS);
  const source = await openFromPrometheus(terminal, { ...order, ...(from === undefined ? {} : { from }) }, signal, { keepIn: join(folder, '.fetched'), onProgress: (share) => progress('fetched', share), atLeastTickSeconds: wanted ?? undefined });
  const tickSeconds = wanted ?? source.tickSeconds;
  terminal.note(`${source.domains.length} ${source.domains.length === 1 ? 'domain' : 'domains'}, scraped every ${source.scrapeSeconds} s; models of ticks of ${tickSeconds} s\n`);
  const failures = new Map<TargetKey, Interval[]>();
  const keys = new Map(source.domains.map((domain) => [JSON.stringify([domain.host, domain.domain]), keyOfDomain(domain)]));
  for (const domain of source.domains) failures.set(keyOfDomain(domain), [...(failures.get(keyOfDomain(domain)) ?? []), ...domain.failures]);
  async function* batches(): AsyncGenerator<TargetBatch<DomainReading>> {
    for await (const { host, domain, readings } of source.readings()) yield { key: keys.get(JSON.stringify([host, domain])) ?? keyOfDomain({ host, domain, uuid: null }), place: host, readings };
  }
  await fromPrometheus(url, () => replayed.replay({ batches: batches(), tickSeconds: sourceTick(source.tickSeconds, tickSeconds, url), modelTickSeconds: tickSeconds, predict: predictDomain }));
  return sourceOf('prometheus', replayed, async (key) => labelsOfFailures(failures.get(key) ?? []), tickSeconds, () => source.done());
}

function sourceOf(name: string, replayed: Replayed, labelsOf: LabelsOf, tickSeconds: number, done: () => Promise<void>): TrainingSource {
  return { name, observations: replayed, labelsOf, tickSeconds, keepDays: FOR_EVER_DAYS, models: new Set<ModelKey>(['pooled-domains', ...replayed.ticks.keys()]), done, close: () => replayed.stop() };
}

/** The length of ticks that a source is observed at: the models', or longer where it tells no more. */
function sourceTick(apartSeconds: number, modelTickSeconds: number, name: string): number {
  if (apartSeconds > MOST_TICKS_BETWEEN * modelTickSeconds) throw new CommandError(EXIT.failed, `${name}: values lie ${apartSeconds} s apart, too far for models of ticks of ${modelTickSeconds} s (at most ${MOST_TICKS_BETWEEN} times as much)`);
  return Math.max(apartSeconds, modelTickSeconds);
}

function keyOfFile(path: string): TargetKey {
  const name = basename(path, extname(path));
  return UUID.test(name) ? domainKey(name.toLowerCase()) : namedKey(name, path);
}

/** Where only a name is known, the model is for backtests: the daemon asks by UUID. */
function keyOfDomain({ host, domain, uuid }: Pick<PrometheusDomain, 'host' | 'domain' | 'uuid'>): TargetKey {
  return uuid !== null && UUID.test(uuid) ? domainKey(uuid.toLowerCase()) : namedKey(`${host}-${domain}`, `${domain} on ${host}`);
}

function namedKey(name: string, shown: string): TargetKey {
  const key = domainKey(name.replace(/[^0-9A-Za-z._-]+/g, '_').replace(/^[^0-9A-Za-z]+/, '').slice(0, LONGEST_NAME));
  if (!isTargetKey(key)) throw new CommandError(EXIT.failed, `${shown}: no model can be named after it`);
  return key;
}
