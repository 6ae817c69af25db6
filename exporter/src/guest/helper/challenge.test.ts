import { lstat, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { challengePath, issueChallenge, proofOf, readSecret, removeOldChallenges, welcomeOf } from './challenge.ts';
import { OWN_UID } from './testing/harness.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-challenge-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('challenge', () => {
  it('is proved by who can read it', async () => {
    const challenge = await issueChallenge(folder, OWN_UID);
    const status = await lstat(challengePath(folder, challenge.id));
    expect([status.mode & 0o7777, status.uid, status.nlink]).toEqual([0o400, OWN_UID, 1]);
    const secret = await readSecret(folder, challenge.id, OWN_UID);
    expect(challenge.welcome).toBe(welcomeOf(secret, challenge.id));
    expect(challenge.accepts(proofOf(secret, challenge.id))).toBe(true);
    await challenge.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes a proof once, right or wrong', async () => {
    const challenge = await issueChallenge(folder, OWN_UID);
    const proof = proofOf(await readSecret(folder, challenge.id, OWN_UID), challenge.id);
    expect([challenge.accepts(proof), challenge.accepts(proof)]).toEqual([true, false]);
    const guessed = await issueChallenge(folder, OWN_UID);
    const right = proofOf(await readSecret(folder, guessed.id, OWN_UID), guessed.id);
    expect([guessed.accepts('0'.repeat(64)), guessed.accepts(right)]).toEqual([false, false]);
  });

  it('does not take the proof of another, nor its own welcome, nor what is shorter', async () => {
    const first = await issueChallenge(folder, OWN_UID);
    const proof = proofOf(await readSecret(folder, first.id, OWN_UID), first.id);
    for (const wrong of [proof, '', proof.slice(1)]) expect((await issueChallenge(folder, OWN_UID)).accepts(wrong)).toBe(false);
    const mirrored = await issueChallenge(folder, OWN_UID);
    expect(mirrored.accepts(mirrored.welcome)).toBe(false);
  });

  it('is never the same twice', async () => {
    const issued = await Promise.all(Array.from({ length: 20 }, () => issueChallenge(folder, OWN_UID)));
    expect(new Set(issued.map(({ id }) => id)).size).toBe(20);
    expect(new Set(issued.map(({ welcome }) => welcome)).size).toBe(20);
  });

  it('is read by nobody who is fooled about the file', async () => {
    const id = 'a'.repeat(32);
    await writeFile(join(folder, 'other'), Buffer.alloc(32));
    await symlink(join(folder, 'other'), challengePath(folder, id));
    await expect(readSecret(folder, id, OWN_UID)).rejects.toThrow('ELOOP');
    await writeFile(challengePath(folder, 'b'.repeat(32)), Buffer.alloc(33));
    await expect(readSecret(folder, 'b'.repeat(32), OWN_UID)).rejects.toThrow('no file for this user');
    await writeFile(challengePath(folder, 'c'.repeat(32)), Buffer.alloc(32));
    await expect(readSecret(folder, 'c'.repeat(32), OWN_UID + 1)).rejects.toThrow('no file for this user');
  });

  it('leaves nothing behind once a helper was killed and another begins', async () => {
    await issueChallenge(folder, OWN_UID);
    await writeFile(join(folder, 'mine'), '');
    await removeOldChallenges(folder);
    expect(await readdir(folder)).toEqual(['mine']);
  });
});
