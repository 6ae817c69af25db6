import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

/** What a script printed and how it ended. */
export interface AgentAnswer {
  status: number;
  stdout: Buffer;
  stderr: string;
}

/** Runs scripts inside a guest over its second serial line. One at a time: calls wait for each other. A witness for tests, nothing else. */
export interface GuestAgent {
  /** Runs a script with the guest's sh as root. Default deadline: 60,000 ms. @throws when no answer came in time. */
  ask(script: string, deadlineMs?: number): Promise<AgentAnswer>;
  /** The same, as text. @throws also when the script did not end with status 0. */
  run(script: string, deadlineMs?: number): Promise<string>;
  /** A file's bytes; works for files of /proc too. @throws where it cannot be read. */
  readFile(path: string, deadlineMs?: number): Promise<Buffer>;
  /** Waits until the guest has come far enough in its boot to answer. */
  waitReady(deadlineMs?: number): Promise<void>;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** What is sent before the guest opens the line waits in QEMU, but the UART forgets its first bytes: they must not matter. */
const PADDING = '\n'.repeat(64);
/** A question may get lost in a reboot, so it is put again; not often, since a slow guest answers every single one. */
const READY_INTERVAL_MS = 20_000;
/** A terminal in its first mode, before the agent has changed it, takes lines no longer than this; and a UART has a small buffer. */
const CHUNK_BYTES = 1024;
const RETRY_MS = 250;

let nextId = 1;

/** The agent behind a unix socket that QEMU listens on; each call connects anew, since QEMU serves one at a time. */
export function guestAgent(guestName: string, socketPath: string): GuestAgent {
  let last: Promise<unknown> = Promise.resolve();
  const ask = (script: string, deadlineMs = 60_000): Promise<AgentAnswer> => {
    const answer = last.then(() => exchange(guestName, socketPath, script, deadlineMs));
    last = answer.catch(() => undefined);
    return answer;
  };
  const succeed = async (script: string, deadlineMs?: number): Promise<Buffer> => {
    const { status, stdout, stderr } = await ask(script, deadlineMs);
    if (status !== 0) throw new Error(`guest ${guestName}: ${script}: status ${status}: ${stderr.trim()}`);
    return stdout;
  };
  return {
    ask,
    run: async (script, deadlineMs) => (await succeed(script, deadlineMs)).toString(),
    readFile: (path, deadlineMs) => succeed(`cat ${quote(path)}`, deadlineMs),
    waitReady: async (deadlineMs = 180_000) => {
      const giveUpAt = performance.now() + deadlineMs;
      for (;;) {
        const left = giveUpAt - performance.now();
        const answer = await ask('true', Math.min(left, READY_INTERVAL_MS)).catch((error: unknown) => error as Error);
        if (!(answer instanceof Error)) return;
        if (left <= READY_INTERVAL_MS) throw new Error(`guest ${guestName}: its agent did not answer within ${deadlineMs} ms: ${answer.message}`);
        // QEMU may not listen yet, or not any more.
        await sleep(RETRY_MS);
      }
    },
  };
}

async function exchange(guestName: string, socketPath: string, script: string, deadlineMs: number): Promise<AgentAnswer> {
  const id = String(nextId++);
  const { promise, resolve, reject } = Promise.withResolvers<AgentAnswer>();
  const socket = connect(socketPath);
  const fail = (why: string) => reject(new Error(`guest ${guestName}: agent: ${why}`));
  const timer = setTimeout(() => fail(`no answer within ${deadlineMs} ms`), deadlineMs);
  const lines = lineReader((line) => {
    try {
      const answer = parseAnswer(line, id);
      if (answer !== undefined) resolve(answer);
    } catch (error) {
      fail(`an answer that cannot be unpacked: ${(error as Error).message}`);
    }
  }, () => fail(`an answer of more than ${MAX_ANSWER_BYTES} bytes`));
  socket.on('data', lines);
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('QEMU closed the line'));
  socket.on('connect', () => send(socket, `${PADDING}${id} ${Buffer.from(script).toString('base64')}\n`));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function send(socket: Socket, text: string): void {
  for (let at = 0; at < text.length; at += CHUNK_BYTES) socket.write(text.slice(at, at + CHUNK_BYTES));
}

function lineReader(onLine: (line: string) => void, onTooLong: () => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      onLine(Buffer.concat([...chunks, rest.subarray(0, end)]).toString('latin1'));
      [chunks, size, rest] = [[], 0, rest.subarray(end + 1)];
    }
    chunks.push(rest);
    size += rest.length;
    if (size > MAX_ANSWER_BYTES) onTooLong();
  };
}

/**
 * "ID STATUS OUTPUT OUTPUT", each output `=` and base64, or `~` and base64 of gzip; undefined for any other line, such as the answer to an
 * earlier question.
 */
export function parseAnswer(line: string, id: string): AgentAnswer | undefined {
  const match = /^(\d+) (\d+) ([=~][A-Za-z0-9+/=]*) ([=~][A-Za-z0-9+/=]*)\r?$/.exec(line);
  if (match === null || match[1] !== id) return undefined;
  const [, , status = '', stdout = '', stderr = ''] = match;
  return { status: Number(status), stdout: decode(stdout), stderr: decode(stderr).toString() };
}

function decode(output: string): Buffer {
  const bytes = Buffer.from(output.slice(1), 'base64');
  return output.startsWith('~') ? gunzipSync(bytes, { maxOutputLength: MAX_ANSWER_BYTES }) : bytes;
}

/** One word for sh, whatever is in it. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
