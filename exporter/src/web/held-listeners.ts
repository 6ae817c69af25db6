import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { openListener } from './open-listener.ts';

/** Listeners that were opened before there is anybody to serve them. They turn everybody away. */
export interface HeldListeners {
  web: Server;
  control: Server;
}

/** Opens both, or neither. Throws ListenError. */
export async function holdListeners({ web, control }: Record<'web' | 'control', { listen: string }>): Promise<HeldListeners> {
  const held = { web: createServer((socket) => socket.destroy()), control: createServer((socket) => socket.destroy()) };
  try {
    await openListener(held.web, 'web.listen', web.listen);
    await openListener(held.control, 'control.listen', control.listen);
    return held;
  } catch (error) {
    closeHeld(held);
    throw error;
  }
}

export function closeHeld({ web, control }: HeldListeners): void {
  for (const server of [web, control]) if (server.listening) server.close();
}
