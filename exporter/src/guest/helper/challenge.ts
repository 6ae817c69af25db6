import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const PREFIX = 'challenge-';
const SECRET_BYTES = 32;

/** A secret that only one user can read, good for one proof over one connection. */
export interface Challenge {
  /** Goes over the connection. */
  readonly id: string;
  /** Right the first time that it is asked with the right proof; the challenge is used up by any question. */
  accepts(proof: string): boolean;
  /** What shows the peer that this helper wrote the secret. */
  readonly welcome: string;
  /** Removes the file. */
  discard(): Promise<void>;
}

export function challengePath(runFolder: string, id: string): string {
  return join(runFolder, `${PREFIX}${id}`);
}

/** What the reader of a secret answers. */
export function proofOf(secret: Buffer, id: string): string {
  return createHmac('sha256', secret).update(`virtmedic guest helper 1 peer ${id}`).digest('hex');
}

/** What the writer of a secret answers to the right proof. */
export function welcomeOf(secret: Buffer, id: string): string {
  return createHmac('sha256', secret).update(`virtmedic guest helper 1 helper ${id}`).digest('hex');
}

/** Equal, without telling by its time how much of it is. */
export function isEqualText(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Writes a new secret into a file that `peerUid` alone can read. The folder is the helper's own and nobody else can write to it, so
 * whatever a user links, renames or plants elsewhere has no part in the proof.
 */
export async function issueChallenge(runFolder: string, peerUid: number): Promise<Challenge> {
  const id = randomBytes(16).toString('hex');
  const secret = randomBytes(SECRET_BYTES);
  const path = challengePath(runFolder, id);
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  const discard = (): Promise<void> => unlink(path).catch(() => undefined);
  try {
    await file.writeFile(secret);
    await file.chmod(0o400);
    await file.chown(peerUid, -1);
  } catch (error) {
    await discard();
    throw error;
  } finally {
    await file.close();
  }
  let isOpen = true;
  return {
    id,
    accepts(proof) {
      const isRight = isOpen && isEqualText(proof, proofOf(secret, id));
      isOpen = false;
      return isRight;
    },
    welcome: welcomeOf(secret, id),
    discard,
  };
}

/** Reads the secret as the peer. @throws Error where the file is not what a helper leaves for this user */
export async function readSecret(runFolder: string, id: string, ownUid: number): Promise<Buffer> {
  const handle = await open(challengePath(runFolder, id), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = await handle.stat();
    if (!status.isFile() || status.uid !== ownUid || status.size !== SECRET_BYTES) throw new Error('the challenge is no file for this user');
    const secret = Buffer.alloc(SECRET_BYTES);
    const { bytesRead } = await handle.read(secret, 0, SECRET_BYTES, 0);
    if (bytesRead !== SECRET_BYTES) throw new Error('the challenge was cut short');
    return secret;
  } finally {
    await handle.close();
  }
}

/** What a helper that was killed left behind. */
export async function removeOldChallenges(runFolder: string): Promise<void> {
  for (const name of await readdir(runFolder)) if (name.startsWith(PREFIX)) await unlink(join(runFolder, name)).catch(() => undefined);
}
