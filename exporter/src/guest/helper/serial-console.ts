import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SerialConsole } from '../actions/index.ts';
import type { Monitor } from '../memory/memory.ts';

/** The first serial line of a domain, where it leads to a terminal of this machine. */
export interface SerialPty {
  path: string;
  /** QEMU's name of it. */
  chardev: string;
}

/** QEMU looks once a second whether somebody has its terminal open, and reads nothing before. */
const NOTICED_MS = 1200;
const AFTER_BREAK_MS = 100;
const TAKEN_MS = 300;

/** Out of the live XML of a domain; null: it has none, or one that leads elsewhere. */
export function serialPtyOf(xml: string): SerialPty | null {
  const markup = xml.replace(/<!--[\s\S]*?-->/g, '').replace(/<metadata\b[\s\S]*?<\/metadata>/g, '');
  for (const [, inner = ''] of markup.matchAll(/<serial\s+type=['"]pty['"][^>]*>([\s\S]*?)<\/serial>/g)) {
    const path = /<source\s+path=['"](\/dev\/pts\/\d{1,7})['"]/.exec(inner)?.[1];
    const alias = /<alias\s+name=['"](serial\d{1,3})['"]/.exec(inner)?.[1];
    const port = /<target\b[^>]*\bport=['"](\d{1,3})['"]/.exec(inner)?.[1];
    if (path !== undefined && alias !== undefined && port === '0') return { path, chardev: `char${alias}` };
  }
  return null;
}

/** A console that is open until it is closed. Rejects where the terminal cannot be opened. */
export async function openSerialConsole({ path, chardev }: SerialPty, monitor: Monitor): Promise<SerialConsole & { close(): Promise<void> }> {
  const terminal = await open(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  await sleep(NOTICED_MS);
  return {
    async breakAndType(text) {
      await monitor.execute('chardev-send-break', { id: chardev });
      await sleep(AFTER_BREAK_MS);
      await terminal.write(text);
      await sleep(TAKEN_MS);
    },
    close: () => terminal.close(),
  };
}
