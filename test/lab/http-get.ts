import { request } from 'node:http';

export interface HttpAnswer {
  status: number;
  body: string;
}

export interface HttpTarget {
  host: string;
  port: number;
  path: string;
  timeoutMs: number;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** One GET on a connection of its own, with a limit on the whole exchange: the other end may hang, freeze or vanish at any moment. */
export async function httpGet(target: HttpTarget): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const outgoing = request({ host: target.host, port: target.port, path: target.path, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) outgoing.destroy(new Error(`${where(target)}: more than ${MAX_BODY_BYTES} bytes`));
      else chunks.push(chunk);
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    response.on('error', reject);
    response.on('close', () => reject(new Error(`${where(target)}: the connection ended too early`)));
  });
  outgoing.on('error', reject);
  outgoing.end();
  const timer = setTimeout(() => outgoing.destroy(new Error(`${where(target)}: no answer within ${target.timeoutMs} ms`)), target.timeoutMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

function where({ host, port, path }: HttpTarget): string {
  return `http://${host}:${port}${path}`;
}
