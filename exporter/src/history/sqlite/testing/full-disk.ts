/**
 * For tests: on the small file system that holds the given folder, writes to a store until the disk is full, then frees space and
 * writes again. Prints what happened as one JSON line.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteStore } from '../open.ts';

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('usage: full-disk.ts FOLDER');
const filler = join(folder, 'filler');
const XML = 'x'.repeat(20_000);

writeFileSync(filler, Buffer.alloc(2 ** 20));
const store = await openSqliteStore(join(folder, 'virtmedic.db'));
let acknowledged = 0;
let refusal = '';
while (refusal === '' && acknowledged < 10_000) {
  await store.saveDefinition(`u${acknowledged}`, 'h', XML, 1).then(
    () => (acknowledged += 1),
    (error: Error) => (refusal = `${error.name}: ${error.message}`),
  );
}
const isLastRead = (await store.definition(`u${acknowledged - 1}`))?.xml === XML;
const isRefusedAbsent = (await store.definition(`u${acknowledged}`)) === null;
rmSync(filler);
await store.saveDefinition(`u${acknowledged}`, 'h', XML, 1);
const isWrittenAfter = (await store.definition(`u${acknowledged}`))?.xml === XML;
await store.close();
process.stdout.write(`${JSON.stringify({ acknowledged, refusal, isLastRead, isRefusedAbsent, isWrittenAfter })}\n`);
