/**
 * For tests: writes incidents to the store at the given path, several at once, until it is killed or a write fails. Prints the id
 * of each when all that belongs to it is acknowledged.
 */
import { writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { openSqliteStore } from '../open.ts';

const MOST = 5_000;
const PARALLEL = 8;

const [, , path] = process.argv;
if (path === undefined) throw new Error('usage: writer.ts PATH');
const store = await openSqliteStore(path);

async function writeIncident(): Promise<void> {
  const atMs = Date.now();
  const evidence = ['first', 'second'].map((text) => ({ atMs, source: 'event', text: `${text} ${'x'.repeat(500)}` }));
  const target = { kind: 'domain' as const, uuid: randomUUID(), name: 'd', host: 'h' };
  const { incident } = await store.openIncident({ target, fault: 'domain_crashed', faultAtMs: atMs, openedAtMs: atMs, evidence });
  writeSync(1, `${incident.id}\n`);
}

async function writeMany(): Promise<void> {
  for (let count = 0; count < MOST; count += PARALLEL) await Promise.all(Array.from({ length: PARALLEL }, writeIncident));
}

try {
  await writeMany();
} catch (error) {
  const { name, message } = error as Error;
  const { items } = await store.recoveries({ limit: 1000 });
  writeSync(1, `end: ${name} ${message}; still reads ${items.length}\n`);
}
await store.close();
