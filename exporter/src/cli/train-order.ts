/** The work of `virtmedic train`. */
import { dirname, join, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { loadConfig } from '../config/load.ts';
import { predictionFolder } from '../config/prediction-folder.ts';
import type { Config } from '../config/schema.ts';
import { systemClock } from '../events/clock.ts';
import { lockStore } from '../history/daemon-lock.ts';
import { StoreUnavailableError } from '../history/store.ts';
import { isRoot } from '../privileges/become.ts';
import { isModelKey } from '../training/keys.ts';
import type { ModelKey } from '../training/keys.ts';
import { openModels } from '../training/models.ts';
import { trainAll } from '../training/nightly.ts';
import type { NightResults } from '../training/nightly.ts';
import { createPool } from '../training/pool.ts';
import type { TrainingLog } from '../training/surroundings.ts';
import { DEFAULT_TRAINING } from '../training/train.ts';
import { DEFAULT_CONFIG_FILE } from './check-config.ts';
import type { Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';
import { INTERRUPTED_EXIT_CODE, interruptible } from './interrupt.ts';
import type { PrometheusOptions } from './source-options.ts';
import { printable } from './table.ts';
import { openTrainingSource } from './train-source.ts';
import type { TrainingSource } from './train-source.ts';

export interface TrainOrder extends PrometheusOptions {
  config?: string;
  csv?: string[];
  failures?: string[];
  from?: number;
  to?: number;
  tick?: number;
  target?: string[];
  out?: string;
  workers?: number;
  resume?: boolean;
}

/** @throws CommandError, ConfigError */
export async function train(terminal: Terminal, order: TrainOrder): Promise<void> {
  if (order.csv !== undefined && order.prometheus !== undefined) throw new CommandError(EXIT.usage, 'give either --csv or --prometheus');
  const only = modelsOf(order.target);
  const hasSource = order.csv !== undefined || order.prometheus !== undefined;
  const config = order.config === undefined && hasSource ? null : (await loadConfig(order.config ?? DEFAULT_CONFIG_FILE)).config;
  const folder = order.out ?? (config === null ? undefined : predictionFolder(config));
  if (folder === undefined) throw new CommandError(EXIT.usage, 'give --out FOLDER, or --config FILE for the folder of the running virtmedic');
  const isDaemons = config !== null && resolve(folder) === resolve(predictionFolder(config));
  if (isDaemons) await requireOwn(folder);
  const unlock = isDaemons ? lock(config) : () => undefined;
  try {
    await interruptible(async (signal) => {
      const source = await openTrainingSource(terminal, order, { config, folder, signal });
      try {
        const results = await trainFrom(terminal, source, { folder, only, workers: order.workers ?? config?.prediction.training.workers ?? 1, signal });
        if (signal.aborted) throw new CommandError(INTERRUPTED_EXIT_CODE, `interrupted: ${results.kept_new} models were complete and are kept`);
        await source.done();
        conclude(terminal, results, join(folder, 'models'));
      } finally {
        await source.close();
      }
    });
  } finally {
    unlock();
  }
}

function modelsOf(targets: readonly string[] | undefined): ReadonlySet<ModelKey> | null {
  if (targets === undefined) return null;
  const wrong = targets.find((target) => !isModelKey(target));
  if (wrong !== undefined) throw new CommandError(EXIT.usage, `--target ${wrong}: expected pooled-domains, pooled-hosts, domain-<uuid> or host-<name>`);
  return new Set(targets.filter(isModelKey));
}

/** What root leaves there the daemon's user could neither read nor replace. */
async function requireOwn(folder: string): Promise<void> {
  const status = await stat(folder).catch(() => stat(dirname(folder))).catch(() => null);
  if (!isRoot() || status === null || status.uid === process.geteuid?.()) return;
  throw new CommandError(EXIT.failed, `${folder} is of user ${status.uid}, who could not use what root leaves there: run this as that user (sudo -u '#${status.uid}'), or write elsewhere with --out`);
}

/** Two that write the same models would undo each other's work. */
function lock({ store }: Config): () => void {
  if (!existsSync(dirname(store.path))) return () => undefined;
  try {
    return lockStore(store.path);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new CommandError(EXIT.failed, `the models of a running virtmedic are its own: it trains them each night. Stop it, or write elsewhere with --out (${error.message})`);
  }
}

interface Training {
  folder: string;
  only: ReadonlySet<ModelKey> | null;
  workers: number;
  signal: AbortSignal;
}

async function trainFrom(terminal: Terminal, source: TrainingSource, { folder, only, workers, signal }: Training): Promise<NightResults> {
  const models = await openModels({ folder: join(folder, 'models'), nowMs: terminal.nowMs, onRead: () => undefined, onWarning: (text) => terminal.note(`${printable(text)}\n`) });
  await models.unusable;
  const pool = createPool({ workers: () => workers, clock: systemClock });
  const stop = (): void => void pool.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) await pool.stop();
    return await trainAll({
      observations: source.observations,
      models,
      pool,
      labelsOf: source.labelsOf,
      training: DEFAULT_TRAINING,
      tickSeconds: () => source.tickSeconds,
      source: source.name,
      keepDays: () => source.keepDays,
      workers: () => workers,
      clock: systemClock,
      metrics: { modelTrained: () => undefined, trainingEnded: () => undefined },
      log: logTo(terminal),
      modelsChanged: () => undefined,
    }, only ?? source.models, signal);
  } finally {
    signal.removeEventListener('abort', stop);
    models.stop();
    await pool.stop();
  }
}

/** What the daemon would log, as lines. */
function logTo(terminal: Terminal): TrainingLog {
  const line = (details: object, text: string): void => {
    const { model, reason, start, starts, iteration, ...rest } = details as { model?: string; reason?: string; start?: number; starts?: number; iteration?: number };
    const where = model === undefined ? '' : `${model}: `;
    const why = reason === undefined ? '' : `: ${reason}`;
    const how = iteration === undefined ? Object.entries(rest).flatMap(([name, value]) => (typeof value === 'number' && name !== 'objective' ? [`${name.replace('_', ' ')} ${value}`] : [])).join(', ') : `start ${start} of ${starts}, iteration ${iteration}`;
    terminal.note(`${printable(`${where}${text}${why}${how === '' ? '' : ` (${how})`}`)}\n`);
  };
  return { info: line, warn: line, error: line };
}

function conclude(terminal: Terminal, { kept_new, kept_last, failed, skipped }: NightResults, folder: string): void {
  terminal.out(`${kept_new} ${kept_new === 1 ? 'model' : 'models'} trained into ${folder}, ${kept_last} kept as they were, ${skipped} with too little data, ${failed} failed\n`);
  if (failed > 0 || kept_new + kept_last === 0) throw new CommandError(EXIT.failed, failed > 0 ? 'not all models could be trained' : 'nothing was trained; the reasons stand above');
}
