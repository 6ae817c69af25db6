#!/usr/bin/env node
import { run } from './cli/run.ts';

// A reader that has seen enough, such as head(1), is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  note: (text) => void process.stderr.write(text),
  colour: process.stdout.isTTY && process.stdout.hasColors(),
  columns: () => (process.stdout.isTTY ? process.stdout.columns : null),
  nowMs: () => Date.now(),
});
