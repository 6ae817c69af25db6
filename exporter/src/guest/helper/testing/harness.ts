import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHelperClient } from '../client.ts';
import type { HelperClient } from '../client.ts';
import type { HelperConfig } from '../config.ts';
import { startHelper } from '../helper.ts';
import type { Helper, HelperOptions } from '../helper.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Limits } from '../limits.ts';
import type { HelperLog } from '../log.ts';
import { createFakeProc } from './fake-proc.ts';
import type { FakeProc } from './fake-proc.ts';
import { connectRaw } from './raw-peer.ts';
import type { RawPeer } from './raw-peer.ts';

export const OWN_UID = process.geteuid?.() ?? 0;

/** For tests: a real helper under this process's own user, with a made-up /proc. */
export interface Harness {
  readonly folder: string;
  readonly runFolder: string;
  readonly socketPath: string;
  readonly proc: FakeProc;
  readonly helper: Helper;
  readonly logged: string[];
  client(): HelperClient;
  raw(): Promise<RawPeer>;
  /** Ends the helper and starts another on the same folders. */
  restart(changes?: HarnessOptions): Promise<void>;
}

export interface HarnessOptions {
  config?: Partial<HelperConfig>;
  handlers?: HelperOptions['handlers'];
  limits?: Partial<Limits>;
}

export interface Harnesses {
  start(options?: HarnessOptions): Promise<Harness>;
  stopAll(): Promise<void>;
}

export function createHarnesses(): Harnesses {
  const ends: (() => Promise<void>)[] = [];
  return {
    async start(options = {}) {
      const folder = await mkdtemp(join(tmpdir(), 'virtmedic-helper-'));
      ends.push(() => rm(folder, { recursive: true, force: true }));
      const proc = await createFakeProc(folder);
      const logged: string[] = [];
      const peers: RawPeer[] = [];
      const clients: HelperClient[] = [];
      const runFolder = join(folder, 'run');
      let helper = await start(folder, proc, logged, options);
      ends.push(async () => {
        for (const client of clients) client.close();
        for (const peer of peers) peer.destroy();
        await helper.stop();
      });
      return {
        folder,
        runFolder,
        proc,
        logged,
        socketPath: join(runFolder, `peer-${OWN_UID}.sock`),
        get helper() {
          return helper;
        },
        client() {
          const client = createHelperClient({ runFolder, ownerUid: OWN_UID });
          clients.push(client);
          return client;
        },
        async raw() {
          const peer = await connectRaw(runFolder, OWN_UID);
          peers.push(peer);
          return peer;
        },
        async restart(changes = options) {
          await helper.stop();
          helper = await start(folder, proc, logged, changes);
        },
      };
    },
    async stopAll() {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
}

function start(folder: string, proc: FakeProc, logged: string[], { config = {}, handlers = {}, limits = {} }: HarnessOptions): Promise<Helper> {
  const note = (values: Record<string, unknown>, text: string): void => void logged.push(`${text} ${JSON.stringify(values)}`);
  const log: HelperLog = { info: note, warn: note, error: note };
  return startHelper({
    config: { runFolder: join(folder, 'run'), stateFolder: join(folder, 'state'), peers: [OWN_UID], qemuUsers: [OWN_UID], libvirtUri: 'qemu:///system', domains: [], ...config },
    handlers,
    log,
    limits: { ...DEFAULT_LIMITS, stopMs: 500, ...limits },
    procFolder: proc.folder,
    ownerUid: OWN_UID,
  });
}
