import { open } from 'node:fs/promises';
import type { Hmm } from '../prediction/hmm/model.ts';
import { MOST_BYTES, ModelFileError, readModelFile } from '../prediction/model-file.ts';
import { structuredModel } from '../prediction/prior.ts';
import { CommandError, EXIT } from './errors.ts';
import { fileProblem } from './file-problem.ts';
import { formatTime } from './format.ts';

export interface ChosenModel {
  model: Hmm;
  /** For people. */
  text: string;
}

/** Models fit ticks that are at most so much longer or shorter. */
const TICK_TOLERANCE = 0.01;

/** @param path undefined: the built-in one. @throws CommandError when the file cannot be used at this tick length */
export async function chooseModel(path: string | undefined, tickSeconds: number, utc: boolean): Promise<ChosenModel> {
  if (path === undefined) return { model: structuredModel(tickSeconds), text: 'built-in' };
  const { model, record } = await read(path);
  const { trainedOn } = record;
  if (!(Math.abs(trainedOn.tickSeconds - tickSeconds) <= TICK_TOLERANCE * tickSeconds)) {
    throw new CommandError(EXIT.usage, `${path} was trained on ticks of ${trainedOn.tickSeconds} s, these are of ${tickSeconds} s: give --tick ${trainedOn.tickSeconds}, or train one for them`);
  }
  const targets = `${trainedOn.targets} ${trainedOn.targets === 1 ? 'target' : 'targets'}`;
  return { model, text: `${path}: of ${record.target}, trained ${formatTime(Date.parse(record.createdAt), utc)} on ${trainedOn.ticks} ticks of ${targets}, ${trainedOn.failures} failures` };
}

async function read(path: string): ReturnType<typeof readFileOfModel> {
  return readFileOfModel(path).catch((error: Error) => {
    throw new CommandError(EXIT.usage, `${path} is no usable model: ${fileProblem(error)}`);
  });
}

async function readFileOfModel(path: string): Promise<ReturnType<typeof readModelFile>> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw new ModelFileError(`${size} bytes, a model has at most ${MOST_BYTES}`);
    return readModelFile(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}
