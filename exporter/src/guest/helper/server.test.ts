import { chmod, lstat, readdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { proofOf, readSecret } from './challenge.ts';
import type { HelperClient } from './client.ts';
import type { Handlers } from './handlers.ts';
import { startHelper } from './helper.ts';
import type { HelperPlace } from './helper.ts';
import { LOOKED, STARTED } from './testing/answers.ts';
import { OTHER_UUID, qemuCommandLine, UUID } from './testing/fake-proc.ts';
import { createHarnesses, OWN_UID } from './testing/harness.ts';
import type { Harness } from './testing/harness.ts';
import type { RawPeer } from './testing/raw-peer.ts';
import type { Pong } from './verbs.ts';

const harnesses = createHarnesses();
afterEach(() => harnesses.stopAll());

const EVERYTHING = [{ match: { name: '*' }, read: true, write: true }];

async function proved(harness: Harness): Promise<RawPeer> {
  const peer = await harness.raw();
  await peer.prove();
  return peer;
}

/** What the helper's own counters say, asked over a connection that behaves. */
async function refusals(harness: Harness): Promise<Pong['refusals']> {
  const client = asking.get(harness) ?? harness.client();
  asking.set(harness, client);
  return (await client.call('ping', {})).refusals;
}
const asking = new WeakMap<Harness, HelperClient>();

function refusal(reason: string) {
  return { refused: { reason, text: expect.any(String) as string, effect: expect.stringMatching(/^(none|unknown)$/) as string } };
}

describe('folders and sockets', () => {
  it('are for their users alone', async () => {
    const { runFolder, socketPath, folder } = await harnesses.start();
    const modes = await Promise.all([runFolder, socketPath, join(folder, 'state'), join(folder, 'state', 'generations'), join(folder, 'state', 'undo'), join(runFolder, 'lock')].map(async (path) => (await lstat(path)).mode & 0o7777));
    expect(modes.map((mode) => mode.toString(8))).toEqual(['711', '600', '700', '700', '700', '600']);
    expect((await lstat(socketPath)).uid).toBe(OWN_UID);
  });

  it('refuse to be used where others could change them', async () => {
    const harness = await harnesses.start();
    for (const name of ['run', 'state', 'state/generations', 'state/undo']) {
      await harness.helper.stop();
      await chmod(join(harness.folder, name), 0o777);
      await expect(harness.restart()).rejects.toMatchObject({ reason: 'unsafe-path' });
      await chmod(join(harness.folder, name), name === 'run' ? 0o711 : 0o700);
    }
    await harness.restart();
  });

  it('refuse to lead elsewhere', async () => {
    const harness = await harnesses.start();
    for (const name of ['run', 'state', 'state/generations', 'state/undo']) {
      await harness.helper.stop();
      await rename(join(harness.folder, name), join(harness.folder, 'moved'));
      await symlink(join(harness.folder, 'moved'), join(harness.folder, name));
      await expect(harness.restart()).rejects.toMatchObject({ reason: 'unsafe-path', message: expect.stringContaining('is no folder') as string });
      await unlink(join(harness.folder, name));
      await rename(join(harness.folder, 'moved'), join(harness.folder, name));
    }
    await harness.restart();
  });

  it('are one helper\'s at a time', async () => {
    const harness = await harnesses.start();
    const options = { handlers: {}, log: { info: () => undefined, warn: () => undefined, error: () => undefined }, procFolder: harness.proc.folder, ownerUid: OWN_UID };
    const config = { runFolder: join(harness.folder, 'run2'), stateFolder: join(harness.folder, 'state'), peers: [OWN_UID], qemuUsers: [OWN_UID], libvirtUri: 'qemu:///system', domains: [] };
    await expect(startHelper({ ...options, config })).rejects.toMatchObject({ reason: 'already-running' });
    await expect(startHelper({ ...options, config: { ...config, runFolder: harness.runFolder, stateFolder: join(harness.folder, 'state2') } })).rejects.toMatchObject({ reason: 'already-running' });
    expect(await harness.client().call('domains', {})).toEqual({ domains: [] });
  });

  it('are cleared of what a killed helper left, and of nothing else', async () => {
    const harness = await harnesses.start();
    await harness.helper.stop();
    expect(await readdir(harness.runFolder)).toEqual(['lock']);
    for (const name of [`challenge-${'a'.repeat(32)}`, 'mine', `peer-${OWN_UID}.sock`]) await writeFile(join(harness.runFolder, name), '');
    await harness.restart();
    expect((await readdir(harness.runFolder)).sort()).toEqual(['lock', 'mine', `peer-${OWN_UID}.sock`]);
  });

  it('let nobody in once the owner opened the socket up, or another file is in its place', async () => {
    const harness = await harnesses.start();
    await chmod(harness.socketPath, 0o666);
    const peer = await harness.raw();
    expect(await peer.rest()).toEqual([]);
    await chmod(harness.socketPath, 0o600);
    expect((await refusals(harness))['socket-opened-up']).toBe(1);
    await rename(harness.socketPath, `${harness.socketPath}.old`);
    const squatter = createServer((socket) => socket.destroy()).listen(harness.socketPath);
    await rename(`${harness.socketPath}.old`, join(harness.runFolder, `peer-${OWN_UID}.sock2`));
    await expect(harness.client().call('ping', {})).rejects.toMatchObject({ reason: expect.stringMatching(/^helper-/) as string });
    squatter.close();
  });

  it('are warned of where a guest could be a peer', async () => {
    const uids = [OWN_UID === 0 ? 61_001 : OWN_UID];
    const { logged } = await harnesses.start({ config: { peers: uids, qemuUsers: uids } });
    expect(logged.filter((line) => line.includes('a user that QEMU runs as is one of the peers'))).toHaveLength(1);
    const { logged: apart } = await harnesses.start({ config: { peers: uids, qemuUsers: [61_002] } });
    expect(apart.filter((line) => line.includes('a user that QEMU runs as'))).toEqual([]);
  });

  it('need the user that the helper is of', async () => {
    const { folder, proc } = await harnesses.start();
    const config = { runFolder: join(folder, 'r'), stateFolder: join(folder, 's'), peers: [OWN_UID], qemuUsers: null, libvirtUri: 'qemu:///system', domains: [] };
    await expect(startHelper({ config, handlers: {}, log: console, procFolder: proc.folder, ownerUid: OWN_UID + 1 })).rejects.toMatchObject({ reason: 'helper-not-root' });
    await expect(lstat(join(folder, 'r'))).rejects.toThrow('ENOENT');
  });
});

describe('proof', () => {
  it('is asked of everyone, and its challenge is gone afterwards', async () => {
    const harness = await harnesses.start();
    const peer = await proved(harness);
    expect((await readdir(harness.runFolder)).sort()).toEqual(['lock', `peer-${OWN_UID}.sock`]);
    peer.send({ id: 1, verb: 'domains' });
    expect(await peer.next()).toEqual({ id: 1, answer: { domains: [] } });
  });

  it.each<[string, unknown, string]>([
    ['a request instead', { id: 1, verb: 'ping' }, 'bad-frame'],
    ['a wrong one', { proof: 'f'.repeat(64) }, 'peer-not-proved'],
    ['one of another form', { proof: 7 }, 'bad-frame'],
    ['one with more', { proof: 'f'.repeat(64), uid: 0 }, 'bad-frame'],
  ])('hangs up for %s, without a second try', async (_what, message, reason) => {
    const harness = await harnesses.start();
    const peer = await harness.raw();
    const id = String((await peer.next())?.['challenge']);
    const right = { proof: proofOf(await readSecret(harness.runFolder, id, OWN_UID), id) };
    peer.send(message);
    peer.send(right);
    peer.send({ id: 1, verb: 'ping' });
    expect(await peer.rest()).toEqual([refusal(reason)]);
    await expect(readSecret(harness.runFolder, id, OWN_UID)).rejects.toThrow('ENOENT');
  });

  it('is good for its own connection, once', async () => {
    const harness = await harnesses.start();
    const [first, second] = [await harness.raw(), await harness.raw()];
    const id = String((await first.next())?.['challenge']);
    await second.next();
    const proof = { proof: proofOf(await readSecret(harness.runFolder, id, OWN_UID), id) };
    second.send(proof);
    expect(await second.rest()).toEqual([refusal('peer-not-proved')]);
    first.send(proof);
    expect(await first.next()).toMatchObject({ welcome: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    const third = await harness.raw();
    await third.next();
    third.send(proof);
    expect(await third.rest()).toEqual([refusal('peer-not-proved')]);
  });

  it('is waited for only so long, and its challenge does not stay', async () => {
    const harness = await harnesses.start({ limits: { handshakeMs: 30 } });
    const peer = await harness.raw();
    expect(await peer.rest()).toEqual([expect.objectContaining({ protocol: 1 }), refusal('handshake-timeout')]);
    expect((await readdir(harness.runFolder)).sort()).toEqual(['lock', `peer-${OWN_UID}.sock`]);
  });

  it('cannot come before the challenge', async () => {
    const harness = await harnesses.start();
    const peer = await harness.raw();
    peer.send({ proof: 'f'.repeat(64) });
    expect((await peer.rest()).at(-1)).toMatchObject({ refused: { reason: expect.stringMatching(/^(bad-frame|peer-not-proved)$/) as string } });
  });
});

describe('hostile peers', () => {
  it('are told of a frame that is none, and hung up on', async () => {
    const harness = await harnesses.start();
    for (const bytes of [Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.alloc(4), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([0, 0, 0, 1, 0x7b])]) {
      const peer = await proved(harness);
      peer.sendBytes(bytes);
      expect(await peer.rest()).toEqual([refusal('bad-frame')]);
    }
    expect((await refusals(harness))['bad-frame']).toBe(4);
  });

  it.each<[string, unknown]>([
    ['no object', [1]],
    ['no number', { verb: 'ping' }],
    ['a number that is none', { id: -1, verb: 'ping' }],
    ['a verb that is none', { id: 1, verb: ['ping'] }],
    ['a verb that is too long', { id: 1, verb: 'p'.repeat(65) }],
    ['a deadline that is none', { id: 1, verb: 'ping', deadlineMs: 0 }],
    ['more than a request has', { id: 1, verb: 'ping', uid: 0 }],
  ])('get no answer to what is no request: %s', async (_what, message) => {
    const peer = await proved(await harnesses.start());
    peer.send(message);
    expect(await peer.rest()).toEqual([refusal('bad-frame')]);
  });

  it('do not keep a connection with half a message', async () => {
    const harness = await harnesses.start({ limits: { frameMs: 40 } });
    const peer = await proved(harness);
    peer.sendBytes(Buffer.from([0, 0, 0xff, 0]));
    const drip = setInterval(() => peer.sendBytes(' '), 5);
    expect(await peer.rest()).toEqual([refusal('frame-timeout')]);
    clearInterval(drip);
  });

  it('do not keep one without a request', async () => {
    const peer = await proved(await harnesses.start({ limits: { idleMs: 30 } }));
    expect(await peer.rest()).toEqual([]);
  });

  it('have only so many connections, and others are let in once they are gone', async () => {
    const harness = await harnesses.start({ limits: { connectionsPerPeer: 2 } });
    const [first] = [await proved(harness), await proved(harness)];
    const third = await harness.raw();
    expect(await third.rest()).toEqual([]);
    first.destroy();
    await first.closed;
    await expect.poll(async () => (await refusals(harness))['too-many-connections']).toBeGreaterThanOrEqual(1);
  });

  it('have only so many new ones in a time', async () => {
    const harness = await harnesses.start({ limits: { connectionRate: { burst: 3, perSecond: 0 } } });
    const peers = [await harness.raw(), await harness.raw(), await harness.raw(), await harness.raw()];
    expect(await peers[3]?.rest()).toEqual([]);
    expect(await peers[2]?.next()).toMatchObject({ protocol: 1 });
  });

  it('that flood are refused, then hung up on', async () => {
    const harness = await harnesses.start({ limits: { requestRate: { burst: 10, perSecond: 0 }, rateRefusalsInARow: 50 } });
    const peer = await proved(harness);
    for (let id = 0; id < 10; id++) {
      peer.send({ id, verb: 'ping' });
      expect(await peer.next()).toMatchObject({ id, answer: { protocol: 1 } });
    }
    for (let id = 0; id < 200; id++) peer.send({ id, verb: 'ping' });
    const answers = await peer.rest();
    expect(answers.slice(0, -1)).toEqual(Array.from({ length: 50 }, (_, id) => ({ id, ...refusal('rate-limited') })));
    expect(answers.at(-1)).toEqual(refusal('rate-limited'));
  });

  it('that never read what they asked for are hung up on, and hold no more than their places', async () => {
    const big = { ...LOOKED, banner: 'x'.repeat(4_000_000) };
    let asked = 0;
    const harness = await harnesses.start({
      config: { domains: EVERYTHING },
      limits: { drainMs: 200, requestsInFlightPerPeer: 3 },
      handlers: { look: async () => ((asked += 1), big) },
    });
    await harness.proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    const peer = await proved(harness);
    peer.stopReading();
    for (let id = 0; id < 100; id++) peer.send({ id, verb: 'look', arguments: { domain: UUID } });
    await expect.poll(async () => (await refusals(harness))['slow-reader'], { timeout: 20_000 }).toBe(1);
    expect(asked).toBeLessThanOrEqual(3);
    expect(await harness.client().call('domains', {})).toMatchObject({ domains: [{ uuid: UUID }] });
  });

  it('have only so many requests under way, over all their connections', async () => {
    const held = Promise.withResolvers<typeof LOOKED>();
    const harness = await harnesses.start({ config: { domains: EVERYTHING }, limits: { requestsInFlightPerPeer: 2 }, handlers: { look: () => held.promise } });
    await harness.proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    const [one, two] = [await proved(harness), await proved(harness)];
    one.send({ id: 1, verb: 'look', arguments: { domain: UUID } });
    one.send({ id: 2, verb: 'look', arguments: { domain: UUID } });
    one.send({ id: 3, verb: 'ping' });
    expect(await one.next()).toEqual({ id: 3, ...refusal('busy') });
    two.send({ id: 4, verb: 'ping' });
    expect(await two.next()).toEqual({ id: 4, ...refusal('busy') });
    held.resolve(LOOKED);
    expect([await one.next(), await one.next()].map((answer) => answer?.['id'])).toEqual([1, 2]);
    // A place is free when the kernel has taken the answer, which may be a moment after it arrived.
    await expect
      .poll(async () => {
        two.send({ id: 5, verb: 'ping' });
        return two.next();
      })
      .toMatchObject({ id: 5, answer: { protocol: 1 } });
  });

  it('get no answer that is too large', async () => {
    const handlers: Handlers = { look: async () => ({ ...LOOKED, banner: 'x'.repeat(3000) }) };
    const harness = await harnesses.start({ config: { domains: EVERYTHING }, limits: { answerBytes: 2000 }, handlers });
    await harness.proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    await expect(harness.client().call('look', { domain: UUID })).rejects.toMatchObject({ reason: 'answer-too-large' });
  });

  it('never bring it down, whatever they send', async () => {
    const harness = await harnesses.start({ limits: { connectionRate: { burst: 1000, perSecond: 1000 }, handshakeMs: 200, frameMs: 50 } });
    const value = fc.oneof(fc.jsonValue(), fc.record({ id: fc.nat(), verb: fc.constantFrom('ping', 'domains', 'look', 'start-process', 'x'), arguments: fc.jsonValue() }));
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(fc.oneof(value, fc.uint8Array({ maxLength: 40 })), { maxLength: 6 }), async (isProved, messages) => {
        const peer = await harness.raw();
        if (isProved) await peer.prove();
        for (const message of messages) {
          if (message instanceof Uint8Array) peer.sendBytes(Buffer.from(message));
          else peer.send(message);
        }
        peer.destroy();
        await peer.closed;
      }),
      { numRuns: 60 },
    );
    await expect.poll(async () => (await harness.client().call('ping', {})).protocol).toBe(1);
    expect(harness.logged.filter((line) => line.includes('a request failed'))).toEqual([]);
  });
});

describe('life of the helper', () => {
  it('does not forget a generation with its process', async () => {
    const handlers: Handlers = { 'start-process': async () => STARTED };
    const harness = await harnesses.start({ config: { domains: EVERYTHING }, handlers });
    await harness.proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    const start = (generation: number) => harness.client().call('start-process', { domain: UUID, generation, command: ['/bin/true'] });
    await start(5);
    await harness.restart();
    await expect(start(4)).rejects.toMatchObject({ reason: 'stale-generation', isRefusal: true });
    await start(5);
    expect((await refusals(harness))['stale-generation']).toBe(1);
  });

  it('gives what runs its time at a stop, refuses what is new, then tells what acts to undo', async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const handlers: Handlers = {
      'start-process': (_asked, { signal }) =>
        new Promise((_resolve, reject) => {
          begun.resolve(signal);
          signal.addEventListener('abort', () => reject(new Error('undone')));
        }),
    };
    const harness = await harnesses.start({ config: { domains: EVERYTHING }, handlers, limits: { stopMs: 150 } });
    await harness.proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    const peer = await proved(harness);
    peer.send({ id: 1, verb: 'start-process', arguments: { domain: UUID, generation: 1, command: ['/bin/true'] } });
    const signal = await begun.promise;
    const stopped = harness.helper.stop();
    peer.send({ id: 2, verb: 'ping' });
    expect(await peer.next()).toEqual({ id: 2, ...refusal('stopping') });
    expect(signal.aborted).toBe(false);
    expect(await peer.next()).toEqual({ id: 1, ...refusal('stopping') });
    await stopped;
    await peer.closed;
    await harness.restart();
  });

  it('goes by other opt-ins at once', async () => {
    const harness = await harnesses.start();
    await harness.proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    await harness.proc.add(30, { commandLine: qemuCommandLine(OTHER_UUID, 'db') });
    const client = harness.client();
    expect(await client.call('domains', {})).toEqual({ domains: [] });
    harness.helper.setOptIns([{ match: { uuid: OTHER_UUID }, read: true, write: false }]);
    expect(await client.call('domains', {})).toEqual({ domains: [{ uuid: OTHER_UUID, name: 'db', read: true, write: false }] });
  });

  it('keeps as many guests open as may be read, within its limit', async () => {
    let place: HelperPlace | null = null;
    const handlers = (given: HelperPlace): Handlers => ((place = given), {});
    const harness = await harnesses.start({ handlers, limits: { openGuests: 1 }, config: { domains: [{ match: { name: 'web' }, read: true, write: false }, { match: { name: 'db' }, read: false, write: false }] } });
    await harness.proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    await harness.proc.add(30, { commandLine: qemuCommandLine(OTHER_UUID, 'db') });
    const most = (): Promise<number> | undefined => place?.mostOpenGuests();
    expect(await most()).toBe(1);
    harness.helper.setOptIns(EVERYTHING);
    expect(await most()).toBe(1);
    harness.helper.setOptIns([]);
    expect(await most()).toBe(0);
    await harness.restart({ handlers, config: { domains: EVERYTHING } });
    expect(await most()).toBe(2);
  });
});
