import { run } from '../run.ts';

/** What a command ended with, and all that it wrote. */
export interface Ended {
  code: number;
  out: string;
  note: string;
}

/** @param onNote told of each note, as it is written */
export async function runCommand(args: string[], nowMs: () => number, onNote: (text: string) => void = () => undefined): Promise<Ended> {
  const ended: Ended = { code: -1, out: '', note: '' };
  const note = (text: string): void => {
    ended.note += text;
    onNote(text);
  };
  ended.code = await run(args, { out: (text) => (ended.out += text), note, colour: false, nowMs });
  return ended;
}
