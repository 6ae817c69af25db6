/**
 * For tests: does one thing as another user and prints how it ended as one JSON line. Started as root, so that it can read its own
 * sources wherever they are, and becomes the user before it does anything.
 *
 * usage: as-user.ts UID ACTION ARGUMENT…
 */
import { once } from 'node:events';
import { chmod, link, readdir, readFile, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { createHelperClient, HelperError } from '../client.ts';
import { challengePath, proofOf, readSecret } from '../challenge.ts';
import type { VerbName, VerbTypes } from '../verbs.ts';
import { connectRaw } from './raw-peer.ts';

function become(uid: number): void {
  process.setgroups?.([]);
  process.setgid?.(uid);
  process.setuid?.(uid);
  if (process.geteuid?.() !== uid) throw new Error('could not become the user');
}

type Action = (uid: number, ...given: string[]) => Promise<unknown>;

const ACTIONS: Record<string, Action> = {
  async domains(uid, runFolder = '') {
    become(uid);
    const client = createHelperClient({ runFolder });
    try {
      return await client.call('domains', {});
    } finally {
      client.close();
    }
  },
  /** Any verb, with its arguments as JSON. */
  async call(uid, runFolder = '', verb = '', asked = '{}') {
    become(uid);
    const client = createHelperClient({ runFolder });
    try {
      return await client.call(verb as VerbName, JSON.parse(asked) as VerbTypes[VerbName]['asked'], { deadlineMs: 60_000 });
    } finally {
      client.close();
    }
  },
  async connect(uid, path = '') {
    become(uid);
    const socket = connect({ path });
    await once(socket, 'connect');
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await once(socket, 'close');
    return { bytes };
  },
  /** With a connection that somebody else made: what is left to keep it out is the proof. */
  async prove(uid, runFolder = '', peerUid = '') {
    const peer = await connectRaw(runFolder, Number(peerUid));
    become(uid);
    const id = String((await peer.next())?.['challenge']);
    const tried: Record<string, string> = {};
    const attempt = async (name: string, work: () => Promise<unknown>): Promise<void> => void (tried[name] = await work().then(() => 'done', codeOf));
    const path = challengePath(runFolder, id);
    await attempt('read', () => readFile(path));
    await attempt('client', () => readSecret(runFolder, id, uid));
    await attempt('list', () => readdir(runFolder));
    await attempt('remove', () => unlink(path));
    await attempt('replace', () => rename(path, `${path}.x`));
    await attempt('plant', () => writeFile(challengePath(runFolder, 'f'.repeat(32)), ''));
    await attempt('plantLink', () => symlink('/etc/passwd', `${path}.y`));
    await attempt('open', () => chmod(path, 0o444));
    const own = `${process.env['OWN_FOLDER'] ?? ''}/linked`;
    await attempt('hardLink', () => link(path, own));
    await attempt('readHardLink', () => readFile(own));
    peer.send({ proof: proofOf(Buffer.alloc(32), id) });
    return { tried, answers: await peer.rest() };
  },
  async symlink(uid, target = '', path = '') {
    become(uid);
    await symlink(target, path);
    return {};
  },
  async chmod(uid, path = '', mode = '') {
    become(uid);
    await chmod(path, Number.parseInt(mode, 8));
    return {};
  },
};

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

const [, , uid = '', action = '', ...given] = process.argv;
const ended = await (ACTIONS[action]?.(Number(uid), ...given) ?? Promise.reject(new Error(`no action ${action}`))).catch((error: Error) => ({
  error: error instanceof HelperError ? error.reason : codeOf(error),
  ...(error instanceof HelperError && { effect: error.effect }),
  text: error.message,
}));
process.stdout.write(`${JSON.stringify(ended)}\n`);
process.exit(0);
