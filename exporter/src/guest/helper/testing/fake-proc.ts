import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** For tests: a folder like /proc, as far as the search for QEMU looks at it. The real one is tried in `helper.lab.test.ts`. */
export interface FakeProc {
  readonly folder: string;
  add(pid: number, process: FakeProcess): Promise<void>;
  remove(pid: number): Promise<void>;
}

export interface FakeProcess {
  commandLine: readonly string[];
  startTicks?: number;
  uids?: readonly [number, number, number, number];
  /** File name of its program. */
  program?: string;
  programMode?: number;
  /** As `comm` may be. */
  name?: string;
}

export const UUID = '11111111-2222-3333-4444-555555555555';
export const OTHER_UUID = '99999999-2222-3333-4444-555555555555';

export function qemuCommandLine(uuid: string, name: string): string[] {
  return ['/usr/bin/qemu-system-x86_64', '-name', `guest=${name},debug-threads=on`, '-S', '-uuid', uuid, '-display', 'none'];
}

export async function createFakeProc(parent: string): Promise<FakeProc> {
  const folder = join(parent, 'proc');
  await mkdir(join(folder, 'self'), { recursive: true });
  const own = process.getuid?.() ?? 0;
  return {
    folder,
    async add(pid, { commandLine, startTicks = 1000 + pid, uids = [own, own, own, own], program = 'qemu-system-x86_64', programMode = 0o755, name = 'qemu' }) {
      const at = join(folder, String(pid));
      const programs = join(folder, `programs-${pid}`);
      await mkdir(at);
      await mkdir(programs, { recursive: true });
      await writeFile(join(programs, program), '', { mode: programMode });
      await chmod(join(programs, program), programMode);
      await symlink(join(programs, program), join(at, 'exe'));
      await writeFile(join(at, 'cmdline'), commandLine.map((word) => `${word}\0`).join(''));
      await writeFile(join(at, 'status'), `Name:\t${name}\nUid:\t${uids.join('\t')}\nGid:\t0\t0\t0\t0\n`);
      const after = ['S', ...Array.from({ length: 18 }, () => '0'), String(startTicks), '0', '0'];
      await writeFile(join(at, 'stat'), `${pid} (${name}) ${after.join(' ')}\n`);
    },
    async remove(pid) {
      await rm(join(folder, String(pid)), { recursive: true });
    },
  };
}
