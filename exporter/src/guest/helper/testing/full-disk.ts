/**
 * For tests, on a small file system of its own: acts until the disk is full, and once more when there is space again. Prints what happened
 * as one JSON line.
 *
 * usage: full-disk.ts FOLDER
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHelperClient, HelperError } from '../client.ts';
import { startHelper } from '../helper.ts';
import { STARTED } from './answers.ts';
import { createFakeProc, qemuCommandLine, UUID } from './fake-proc.ts';

const [, , folder = ''] = process.argv;
const proc = await createFakeProc(folder);
await proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
let acted = 0;
const helper = await startHelper({
  config: { runFolder: join(folder, 'run'), stateFolder: join(folder, 'state'), peers: [0], qemuUsers: [0], libvirtUri: 'qemu:///system', domains: [{ match: { name: '*' }, read: true, write: true }] },
  handlers: { 'start-process': async () => ((acted += 1), STARTED) },
  procFolder: proc.folder,
  log: { info: () => undefined, warn: () => undefined, error: () => undefined },
});
const client = createHelperClient({ runFolder: join(folder, 'run') });
const start = (generation: number, by = client): Promise<string> =>
  by.call('start-process', { domain: UUID, generation, command: ['/bin/true'] }).then(
    () => 'done',
    (error: HelperError) => error.reason,
  );

const filler = join(folder, 'filler');
const first = await start(1);
for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 2)) {
  try {
    for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
  } catch {
    // Full for this size; a smaller piece may fit.
  }
}
const whileFull = await start(2);
const actedWhileFull = acted;
const sameWhileFull = await start(1);
const newcomer = createHelperClient({ runFolder: join(folder, 'run') });
const newcomerWhileFull = await start(1, newcomer);
rmSync(filler);
const afterwards = await start(2);
const stale = await start(1);
const newcomerAfterwards = await start(2, newcomer);
const { refusals } = await client.call('ping', {});
client.close();
newcomer.close();
await helper.stop();
process.stdout.write(`${JSON.stringify({ first, whileFull, actedWhileFull, sameWhileFull, newcomerWhileFull, afterwards, stale, newcomerAfterwards, counted: refusals['generation-not-kept'] })}\n`);
