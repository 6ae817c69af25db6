import { readdir } from 'node:fs/promises';
import type { Bench } from './bench.ts';

const NOT_A_BENCH = /^main\.ts$|\.test\.ts$/;

/** Names of the benches in `folder`: its TypeScript files, one bench each. Sorted. */
export async function benchNames(folder: URL): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !NOT_A_BENCH.test(entry.name))
    .map((entry) => entry.name.slice(0, -'.ts'.length))
    .sort();
}

/** Imports one bench. Throws where the module does not export `bench` as `frame/bench.ts` defines it. */
export async function loadBench(folder: URL, name: string): Promise<Bench> {
  const module = (await import(new URL(`${name}.ts`, folder).href)) as { bench?: Partial<Bench> };
  const { bench } = module;
  if (typeof bench?.run !== 'function' || typeof bench.summary !== 'string' || typeof bench.description !== 'string' || typeof bench.goals !== 'object') {
    throw new TypeError(`test/bench/${name}.ts: expected an export \`bench\` of type Bench (test/bench/frame/bench.ts)`);
  }
  return bench as Bench;
}

/** One line for each bench; one that cannot be loaded says why and does not hide the others. */
export async function listBenches(folder: URL): Promise<string> {
  const names = await benchNames(folder);
  const width = Math.max(0, ...names.map((name) => name.length));
  const lines = names.map(async (name) => {
    const summary = await loadBench(folder, name).then(
      (bench) => bench.summary,
      (error: unknown) => `(cannot be loaded: ${error instanceof Error ? error.message : String(error)})`,
    );
    return `  ${name.padEnd(width)}  ${summary}`;
  });
  return (await Promise.all(lines)).join('\n');
}
