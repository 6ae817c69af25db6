/**
 * For tests: a helper as a process of its own, whose `start-process` does nothing. Prints a line once it listens. Its QEMU is any process
 * that runs as root with that UUID.
 *
 * usage: acting-helper.ts FOLDER
 */
import { join } from 'node:path';
import { startHelper } from '../helper.ts';
import { STARTED } from './answers.ts';

const [, , folder = ''] = process.argv;
const note = (values: Record<string, unknown>, text: string): void => void process.stderr.write(`${text} ${JSON.stringify(values)}\n`);
await startHelper({
  config: { runFolder: join(folder, 'run'), stateFolder: join(folder, 'state'), peers: [0], qemuUsers: [0], libvirtUri: 'qemu:///system', domains: [{ match: { name: '*' }, read: true, write: true }] },
  handlers: { 'start-process': async () => STARTED },
  procFolder: process.env['PROC_FOLDER'] ?? '/proc',
  log: { info: note, warn: note, error: note },
});
process.stdout.write('listening\n');
