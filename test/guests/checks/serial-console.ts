import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SerialConsole } from '../../../exporter/src/guest/actions/index.ts';
import type { LabTools } from '../../../exporter/src/guest/actions/testing/lab-tools.ts';
import type { LinuxGuest } from '../../lab/lab.ts';

const DEVICE = 'charserial0';
/** A BREAK is a state of the line that the guest has to notice. */
const AFTER_BREAK_MS = 100;

/** The guest's console, which is a file otherwise, as a socket that can be written to; a file again afterwards. */
export async function openSerialConsole(guest: LinuxGuest, { tools: { monitor }, folder }: LabTools): Promise<SerialConsole & AsyncDisposable> {
  const path = join(folder, 'console.sock');
  const change = (backend: object) => monitor.execute('chardev-change', { id: DEVICE, backend });
  await change({ type: 'socket', data: { addr: { type: 'unix', data: { path } }, server: true, wait: false } });
  const socket = connect(path);
  socket.resume();
  await once(socket, 'connect');
  return {
    async breakAndType(text) {
      await monitor.execute('chardev-send-break', { id: DEVICE });
      await sleep(AFTER_BREAK_MS);
      socket.write(text);
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await change({ type: 'file', data: { out: guest.consolePath, append: true } });
    },
  };
}
