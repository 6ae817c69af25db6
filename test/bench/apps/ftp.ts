import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Whether an FTP server (RFC 959) lets somebody in without a password and answers for a file. False: it answered otherwise.
 * @throws where it does not answer in time, or ends the connection
 */
export async function ftpServes(host: string, { port = 21, file, timeoutMs }: { port?: number; file: string; timeoutMs: number }): Promise<boolean> {
  const socket = connect({ host, port });
  const timer = setTimeout(() => socket.destroy(new Error(`${host}:${port}: no answer within ${timeoutMs} ms`)), timeoutMs);
  const lines = createInterface({ input: socket, crlfDelay: Infinity });
  const failed = new Promise<never>((_, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`${host}:${port}: closed`)));
  });
  failed.catch(() => undefined);
  try {
    return await Promise.race([converse(lines, (command) => void socket.write(`${command}\r\n`), file), failed]);
  } finally {
    clearTimeout(timer);
    lines.close();
    socket.destroy();
  }
}

/** What is expected, and what is said to it. */
async function converse(lines: AsyncIterable<string>, say: (command: string) => void, file: string): Promise<boolean> {
  const dialogue = [['220', 'USER anonymous'], ['331', 'PASS -'], ['230', 'TYPE I'], ['200', `SIZE ${file}`], ['213', null]] as const;
  let at = 0;
  for await (const line of lines) {
    // "230-" begins an answer of several lines, which "230 " ends.
    if (!/^\d{3} /.test(line)) continue;
    const [code, next] = dialogue[at] ?? ['', null];
    if (!line.startsWith(code)) return false;
    if (next === null) return true;
    say(next);
    at += 1;
  }
  return false;
}
