import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { challengePath, welcomeOf } from './challenge.ts';
import { createHelperClient } from './client.ts';
import type { HelperClient } from './client.ts';
import { encodeFrame } from './frame.ts';
import { LOOKED } from './testing/answers.ts';
import { qemuCommandLine, UUID } from './testing/fake-proc.ts';
import { createHarnesses, OWN_UID } from './testing/harness.ts';

const harnesses = createHarnesses();
let folder: string;
let server: Server | null;
let client: HelperClient;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-client-'));
  server = null;
  client = createHelperClient({ runFolder: folder, ownerUid: OWN_UID, openMs: 300 });
});
afterEach(async () => {
  client.close();
  server?.close();
  await harnesses.stopAll();
  await rm(folder, { recursive: true, force: true });
});

const ID = 'ab'.repeat(16);
const SECRET = Buffer.alloc(32, 5);

/** Somebody who listens where the helper should. */
async function impostor(onConnection: (socket: Socket, send: (message: unknown) => void) => void): Promise<void> {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket, (message) => void socket.write(encodeFrame(message, 1_000_000) as Buffer));
  }).listen(join(folder, `peer-${OWN_UID}.sock`));
  await once(server, 'listening');
}

describe('client', () => {
  it('asks, many things at once over one connection', async () => {
    const harness = await harnesses.start({ config: { domains: [{ match: { name: '*' }, read: true, write: false }] }, handlers: { look: async () => LOOKED } });
    await harness.proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    const own = harness.client();
    const [pong, domains, look] = await Promise.all([own.call('ping', {}), own.call('domains', {}), own.call('look', { domain: UUID })]);
    expect([pong.protocol, domains.domains.length, look]).toEqual([1, 1, LOOKED]);
    await expect(own.call('start-process', { domain: UUID, generation: 1, command: ['/x'] })).rejects.toMatchObject({ name: 'HelperError', reason: 'not-supported', isRefusal: true });
  });

  it('connects again after the helper was started anew', async () => {
    const harness = await harnesses.start();
    const own = harness.client();
    await own.call('ping', {});
    await harness.restart();
    await expect.poll(() => own.call('ping', {}).then(({ protocol }) => protocol, String)).toBe(1);
  });

  it('says what to look at where no helper is', async () => {
    await expect(client.call('ping', {})).rejects.toMatchObject({ reason: 'helper-unreachable', message: expect.stringContaining('is the guest helper running, and this user one of its peers?') });
    await expect(createHelperClient({ runFolder: join(folder, 'none'), ownerUid: OWN_UID }).call('ping', {})).rejects.toMatchObject({ reason: 'helper-unreachable', isRefusal: true, message: expect.stringContaining('does not exist') });
    await impostor(() => undefined);
    server?.close();
    await writeFile(join(folder, `peer-${OWN_UID}.sock`), '');
    await expect(client.call('ping', {})).rejects.toMatchObject({ reason: 'helper-unreachable' });
  });

  it('speaks to nobody in a folder that others can write to', async () => {
    let connections = 0;
    await impostor(() => (connections += 1));
    await chmod(folder, 0o777);
    await expect(client.call('ping', {})).rejects.toMatchObject({ reason: 'helper-untrusted', message: expect.stringContaining('is writable by others') });
    expect(connections).toBe(0);
  });

  it.each<[string, unknown]>([
    ['no challenge', { welcome: 'a' }],
    ['a path for a challenge', { protocol: 1, challenge: '../../../../etc/hostname00000000' }],
    ['another version', { protocol: 2, challenge: ID }],
    ['a challenge that is not there', { protocol: 1, challenge: ID }],
    ['something else', 7],
  ])('does not trust one who begins with %s', async (_what, message) => {
    await impostor((_socket, send) => send(message));
    await expect(client.call('ping', {})).rejects.toMatchObject({ reason: 'helper-untrusted' });
  });

  it('does not trust one who does not know the secret, and gives it no request', async () => {
    await writeFile(challengePath(folder, ID), SECRET);
    const seen: string[] = [];
    await impostor((socket, send) => {
      socket.on('data', (bytes: Buffer) => {
        seen.push(bytes.subarray(4).toString());
        send({ welcome: 'f'.repeat(64) });
      });
      send({ protocol: 1, challenge: ID });
    });
    await expect(client.call('ping', {})).rejects.toMatchObject({ reason: 'helper-untrusted', message: expect.stringContaining('it does not know the secret of its own challenge') });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatch(/^\{"proof":"[0-9a-f]{64}"\}$/);
  });

  it('does not wait for ever', async () => {
    await impostor(() => undefined);
    await expect(client.call('ping', {})).rejects.toMatchObject({ reason: 'helper-silent', effect: 'none' });
  });

  it.each<[string, Buffer, string]>([
    ['hangs up', Buffer.alloc(0), 'helper-lost'],
    ['promises more than allowed', Buffer.from([0xff, 0xff, 0xff, 0xff]), 'helper-lost'],
    ['answers what is no answer', encodeFrame({ id: 1, refused: 'no' }, 100) as Buffer, 'helper-lost'],
    ['refuses', encodeFrame({ id: 1, refused: { reason: 'newer-word', text: 'why' } }, 100) as Buffer, 'newer-word'],
  ])('ends its calls when the helper %s', async (_what, bytes, reason) => {
    await mkdir(folder, { recursive: true });
    await writeFile(challengePath(folder, ID), SECRET);
    await impostor((socket, send) => {
      let isWelcomed = false;
      socket.on('data', () => {
        if (isWelcomed) socket.end(bytes);
        else send({ welcome: welcomeOf(SECRET, ID) });
        isWelcomed = true;
      });
      send({ protocol: 1, challenge: ID });
    });
    await expect(client.call('ping', {})).rejects.toMatchObject({ reason });
  });

  it('gives up on an answer that does not come, and takes the next one', async () => {
    await writeFile(challengePath(folder, ID), SECRET);
    let requests = 0;
    await impostor((socket, send) => {
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) send({ welcome: welcomeOf(SECRET, ID) });
        if (requests === 3) for (const id of [1, 2, 77]) send({ id, answer: { number: id } });
      });
      send({ protocol: 1, challenge: ID });
    });
    await expect(client.call('ping', {}, { deadlineMs: 10 })).rejects.toMatchObject({ reason: 'helper-silent', effect: 'unknown' });
    expect(await client.call('ping', {})).toEqual({ number: 2 });
  });

  it.each([
    ['none', true],
    ['unknown', false],
    [undefined, false],
  ])('knows from effect %s whether nothing was done: %s', async (effect, isRefusal) => {
    await writeFile(challengePath(folder, ID), SECRET);
    let messages = 0;
    await impostor((socket, send) => {
      socket.on('data', () => send(++messages === 1 ? { welcome: welcomeOf(SECRET, ID) } : { id: 1, refused: { reason: 'deadline', text: 'late', effect } }));
      send({ protocol: 1, challenge: ID });
    });
    await expect(client.call('ping', {})).rejects.toMatchObject({ reason: 'deadline', message: 'late', isRefusal });
  });

  it('sends nothing that is too long', async () => {
    const harness = await harnesses.start();
    await expect(harness.client().call('look', { domain: 'x'.repeat(70_000) })).rejects.toMatchObject({ reason: 'bad-request', isRefusal: true });
  });
});
