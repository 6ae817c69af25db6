import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Copies what tells a run's story (logs of libvirtd and QEMU, guests' consoles, definitions) into a folder, which is made where missing. */
export function saveLogs(runFolder: string, target: string): void {
  mkdirSync(target, { recursive: true });
  const parts = ['consoles', 'definitions', 'state.json'];
  for (const name of readdirSync(runFolder)) {
    if (/^h\d+$/.test(name)) parts.push(join(name, 'log'), join(name, 'init.log'));
  }
  for (const part of parts) {
    if (existsSync(join(runFolder, part))) cpSync(join(runFolder, part), join(target, part), { recursive: true });
  }
}
