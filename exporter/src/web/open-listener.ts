import { once } from 'node:events';
import type { Server } from 'node:net';
import { formatAddress, parseListen } from '../config/address.ts';
import { ListenError } from './listen-error.ts';

/** Listens at an address of the configuration. @param option its name, for people @throws ListenError */
export async function openListener(server: Server, option: string, text: string): Promise<void> {
  const address = parseListen(text);
  if (address === null) throw new ListenError(`${option}: ${text} is not HOST:PORT`);
  server.listen({ port: address.port, ...(address.host === null ? {} : { host: address.host }) });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ListenError(`${option}: cannot listen on ${formatAddress(address.host, address.port)}: ${explain(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return 'the port is in use. Does virtmedic run already? Otherwise choose another port.';
    case 'EACCES':
      return 'this user may not use the port. Choose one above 1023.';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address.';
    default:
      return error.message;
  }
}
