import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { lchown, unlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';

const OWNER_ONLY = 0o600;
const PERMISSIONS = 0o7777;

/** The socket of one user. Linux lets connect only who may write to its file: that user, and root. */
export interface PeerSocket {
  readonly path: string;
  /** The file is still the one that was made, and still nobody else's. Its owner can open it up to others; then nobody is let in. */
  isOwnersAlone(): boolean;
  close(): Promise<void>;
}

export function peerSocketPath(runFolder: string, uid: number): string {
  return join(runFolder, `peer-${uid}.sock`);
}

/** Takes the place of a socket that a killed helper left: the folder is locked. @param onConnection the connection is not read before it is served */
export async function listenForPeer(runFolder: string, uid: number, onConnection: (socket: Socket) => void): Promise<PeerSocket> {
  const path = peerSocketPath(runFolder, uid);
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  const server = createServer({ pauseOnConnect: true }, onConnection);
  await listenPrivately(server, path);
  try {
    await lchown(path, uid, -1);
  } catch (error) {
    server.close();
    throw error;
  }
  const made = lstatSync(path, { bigint: true });
  return {
    path,
    isOwnersAlone() {
      const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return now !== undefined && now.dev === made.dev && now.ino === made.ino && now.uid === BigInt(uid) && (Number(now.mode) & PERMISSIONS) === OWNER_ONLY;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The file is made in `listen`, before it returns, with what the umask leaves: nobody else's for no moment. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    server.listen({ path, backlog: 64 });
  } finally {
    process.umask(before);
  }
  await once(server, 'listening');
}
