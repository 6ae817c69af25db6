import { createServer } from 'node:net';

/**
 * Finds TCP ports that nobody listens on at an address just now, all different. Another process can still take one before it is used;
 * use it at once.
 */
export async function freePorts(count: number, address = '127.0.0.1'): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(servers.map((server) => listen(server, address)));
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** As `freePorts`, one of them. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const [port] = await freePorts(1, address);
  if (port === undefined) throw new Error(`no free port at ${address}`);
  return port;
}

function listen(server: ReturnType<typeof createServer>, address: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(0, address, () => {
    const bound = server.address();
    if (bound === null || typeof bound === 'string') reject(new Error(`no TCP address at ${address}`));
    else resolve(bound.port);
  });
  return promise;
}
