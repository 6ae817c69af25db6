/**
 * A model as the content of a file: JSON, so that people can read and compare it; numbers as shortest decimals, which come back bit by bit.
 * Nothing here reads or writes files.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { emptyModel, modelProblem } from './hmm/model.ts';
import type { Hmm } from './hmm/model.ts';
import { SYMBOLS } from './observation/symbol.ts';
import { STATE_COUNT, STATE_NAMES } from './states.ts';

const FORMAT = 'virtmedic-hmm';
const VERSION = 1;
/** Of 9 x 81 probabilities; a file that is larger was not written here. */
export const MOST_BYTES = 32_768;

const MOST_TEXT = 200;
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const finite = z.number();
const text = z.string().min(1).max(MOST_TEXT);
const timestamp = z.iso.datetime();

const trainedOnSchema = z.strictObject({
  /** Where the ticks came from: `live`, `prometheus`, `csv`. */
  source: text,
  /** 1: the target's own; more: pooled. */
  targets: count.min(1),
  from: timestamp,
  to: timestamp,
  ticks: count,
  /** Length of a tick, on which transition probabilities depend. */
  tickSeconds: z.number().positive().max(86_400),
  failures: count,
});

const contentSchema = z.strictObject({
  createdAt: timestamp,
  /** Whose model it is: host, or host and domain, as its owner names it. */
  target: text,
  trainedOn: trainedOnSchema,
  /** Null: no data was held back. */
  heldBack: z.strictObject({ ticks: count.min(1), logLikelihoodPerTick: finite.max(0) }).nullable(),
  iterations: count,
  converged: z.boolean(),
  states: z.array(text).length(STATE_COUNT),
  symbols: z.literal(SYMBOLS),
  initial: table(STATE_COUNT),
  transition: table(STATE_COUNT ** 2),
  emission: table(SYMBOLS * STATE_COUNT),
});

const fileSchema = z.strictObject({ format: z.literal(FORMAT), version: z.literal(VERSION), checksum: z.string().max(MOST_TEXT), content: contentSchema });

type Content = z.infer<typeof contentSchema>;
/** What a file tells beside the tables. Times are ISO 8601 in UTC. */
export type ModelRecord = Omit<Content, 'states' | 'symbols' | 'initial' | 'transition' | 'emission'>;

/** The file is unusable; the message says to people what is wrong with it. */
export class ModelFileError extends Error {
  override name = 'ModelFileError';
}

/** @throws RangeError when `model` is no model of the nine states, or `record` could not be read again */
export function writeModelFile(model: Hmm, record: ModelRecord): string {
  const problem = shapeProblem(model) ?? modelProblem(model);
  if (problem !== null) throw new RangeError(`not written: ${problem}`);
  const tables = { initial: [...model.initial], transition: [...model.transition], emission: [...model.emission] };
  const content = contentSchema.safeParse({ ...record, states: STATE_NAMES, symbols: SYMBOLS, ...tables });
  if (!content.success) throw new RangeError(`not written: ${firstIssue(content.error)}`);
  const file = `${JSON.stringify({ format: FORMAT, version: VERSION, checksum: checksumOf(content.data), content: content.data })}\n`;
  if (Buffer.byteLength(file) > MOST_BYTES) throw new RangeError(`not written: ${Buffer.byteLength(file)} bytes, at most ${MOST_BYTES}`);
  return file;
}

/** @throws ModelFileError when there is anything wrong with it */
export function readModelFile(file: string): { model: Hmm; record: ModelRecord } {
  const parsed = fileSchema.safeParse(parseJson(file));
  if (!parsed.success) throw new ModelFileError(firstIssue(parsed.error));
  const { checksum, content } = parsed.data;
  if (checksum !== checksumOf(content)) throw new ModelFileError('the checksum does not fit the content: the file was damaged or changed');
  const { states, symbols, initial, transition, emission, ...record } = content;
  const other = states.findIndex((name, index) => name !== STATE_NAMES[index]);
  if (other >= 0) throw new ModelFileError(`state ${other} is ${JSON.stringify(states[other])}, expected ${JSON.stringify(STATE_NAMES[other])}`);
  const model = emptyModel(states.length, symbols);
  model.initial.set(initial);
  model.transition.set(transition);
  model.emission.set(emission);
  const problem = modelProblem(model);
  if (problem !== null) throw new ModelFileError(problem);
  return { model, record };
}

function parseJson(file: string): unknown {
  const bytes = Buffer.byteLength(file);
  if (bytes > MOST_BYTES) throw new ModelFileError(`${bytes} bytes, a model has at most ${MOST_BYTES}`);
  let value: unknown;
  try {
    value = JSON.parse(file);
  } catch {
    throw new ModelFileError(file.trim() === '' ? 'the file is empty' : 'no JSON: the file was cut off or is of another kind');
  }
  const { format, version } = (typeof value === 'object' && value !== null ? value : {}) as { format?: unknown; version?: unknown };
  if (format !== FORMAT) throw new ModelFileError(`no model file: "format" is not ${JSON.stringify(FORMAT)}`);
  if (typeof version === 'number' && version > VERSION) throw new ModelFileError(`version ${version} is newer than this virtmedic, which reads version ${VERSION}`);
  return value;
}

function shapeProblem({ states, symbols }: Hmm): string | null {
  return states === STATE_COUNT && symbols === SYMBOLS ? null : `${states} states x ${symbols} symbols, expected ${STATE_COUNT} x ${SYMBOLS}`;
}

function table(length: number): z.ZodArray<z.ZodNumber> {
  return z.array(z.number().min(0).max(1.000_001)).length(length);
}

/** Of the values, not of the text: white space may change. */
function checksumOf(content: Content): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(content)).digest('hex')}`;
}

function firstIssue({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue === undefined) return 'no model file';
  return `${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`.slice(0, MOST_TEXT);
}
