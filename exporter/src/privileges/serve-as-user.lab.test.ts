/** The real command, started as root, in mounts of its own with users of its own: the machine's stay as they are. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const UID = 41_771;
const GID = 41_772;
/** In which the user is besides. */
const LIBVIRT = 41_773;
/** The system lets only root listen there. */
const WEB = '127.91.77.1:977';
let folder: string;
let config: string;
let ends: (() => unknown)[];
beforeEach(async () => {
  ends = [];
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-user-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o711);
  config = join(folder, 'virtmedic.yaml');
  for (const [name, lines] of [['passwd', `healer:x:${UID}:${GID}::/nonexistent/healer:/bin/false\nalias:x:${UID}:${GID}::/:/bin/false\nrootish:x:41775:0::/:/bin/false\n`], ['group', `healer:x:${GID}:\nlibvirt-lab:x:${LIBVIRT}:healer\n`]] as const) {
    await copyFile(`/etc/${name}`, join(folder, name));
    await writeFile(join(folder, name), lines, { flag: 'a' });
  }
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function configure(changes: Record<string, unknown> = {}): Promise<void> {
  const settings = {
    hosts: [{ name: 'h1', uri: `qemu+unix:///system?socket=${folder}/libvirt-sock` }],
    web: { listen: WEB },
    control: { listen: '127.91.77.1:0' },
    store: { path: join(folder, 'data', 'virtmedic.db') },
    ...changes,
  };
  await writeFile(config, JSON.stringify(settings), { mode: 0o640 });
  await chown(config, 0, GID);
}

/** @param before words that run the program, such as `setpriv …` */
function run(args: string[], ...before: string[]) {
  const inOwnMounts = `mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && exec "$@"`;
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'bash', '-ec', inOwnMounts, folder, ...before, process.execPath, MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  ends.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return { child, ended, log: () => log, says: (text: string) => expect.poll(() => log, { timeout: 60_000, interval: 50 }).toContain(text) };
}

const serve = (user: string, ...before: string[]) => run(['serve', '--config', config, '--user', user], ...before);

async function refusal(user: string, ...before: string[]): Promise<string> {
  const { ended, log } = serve(user, ...before);
  expect(await ended).toBe(1);
  return log();
}

async function threads(pid: number | undefined): Promise<string[]> {
  const ids = await readdir(`/proc/${pid}/task`);
  const kept = /^(Uid|Gid|Groups|CapPrm|CapEff|CapAmb):.*$/gm;
  return Promise.all(ids.map(async (id) => [...(await readFile(`/proc/${pid}/task/${id}/status`, 'latin1')).matchAll(kept)].map(([line]) => line.trim()).join('\n')));
}

it('serves as the user that it is told, with its groups and no right more, and reads its configuration anew', async () => {
  const asked = Promise.withResolvers<void>();
  const libvirt = createServer((socket) => (socket.on('error', () => undefined), asked.resolve())).listen(join(folder, 'libvirt-sock'));
  ends.push(() => libvirt.close());
  await once(libvirt, 'listening');
  await chown(join(folder, 'libvirt-sock'), 0, LIBVIRT);
  await chmod(join(folder, 'libvirt-sock'), 0o660);
  await chmod(folder, 0o755);
  const helperFile = join(folder, 'guest-helper.yaml');
  await writeFile(helperFile, `peers: [${UID}]\nqemuUsers: [0]\nrunFolder: ${folder}/run\nstateFolder: ${folder}/helper\n`, { mode: 0o600 });
  await run(['guest-helper', '--config', helperFile]).says('the guest helper is running');
  await configure({ guest: { helperFolder: join(folder, 'run') } });
  const { child, ended, log, says } = serve('healer');
  await says('virtmedic is running');
  const none = '0000000000000000';
  const ids = (id: number): string => Array.from({ length: 4 }, () => id).join('\t');
  const expected = `Uid:\t${ids(UID)}\nGid:\t${ids(GID)}\nGroups:\t${GID} ${LIBVIRT}\nCapPrm:\t${none}\nCapEff:\t${none}\nCapAmb:\t${none}`;
  expect(new Set(await threads(child.pid))).toEqual(new Set([expected]));
  // By its group alone it may connect.
  await asked.promise;
  // It is who it says to the guest helper, the one part that stays root.
  await expect.poll(async () => (await fetch(`http://${WEB}/metrics`)).text(), { timeout: 60_000 }).toMatch(/^virtmedic_guest_helper_up 1$/m);
  const [data, store] = await Promise.all([lstat(join(folder, 'data')), lstat(join(folder, 'data', 'virtmedic.db'))]);
  expect([data.uid, data.gid, data.mode & 0o7777, store.uid]).toEqual([UID, GID, 0o700, UID]);
  child.kill('SIGHUP');
  await says('configuration reloaded');
  expect(log()).not.toContain('runs as root');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

it('goes on as root where nobody said otherwise, and says once what to do', async () => {
  await mkdir(join(folder, 'data'));
  await configure();
  const { child, ended, log, says } = run(['serve', '--config', config]);
  await says('virtmedic is running');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(log().match(/runs as root and needs none of its rights: start it with --user NAME/g)).toHaveLength(1);
});

it('names every file that the user cannot use, and what to do about it', async () => {
  const data = join(folder, 'data');
  await mkdir(join(data, 'prediction', 'models'), { recursive: true });
  await writeFile(join(data, 'virtmedic.db'), '');
  await writeFile(join(folder, 'token'), 'x'.repeat(20), { mode: 0o600 });
  await configure({ control: { listen: '127.91.77.1:0', tokens: [{ name: 'a', tokenFile: 'token', scopes: ['read'] }] } });
  await chown(config, 0, 0);
  expect(await refusal('healer')).toBe(`virtmedic: virtmedic cannot run as user healer:
  ${config} may not be read by user healer: chgrp ${GID} ${config} && chmod g+r ${config}
  ${folder}/token may not be read by user healer: chgrp ${GID} ${folder}/token && chmod g+r ${folder}/token
  ${data} may not be written by user healer: chown -R healer: ${data}
  ${data}/prediction may not be written by user healer: chown -R healer: ${data}/prediction
`);
  await chown(data, UID, GID);
  await chown(join(data, 'prediction'), UID, GID);
  const left = await refusal('healer');
  expect(left).toContain(`${data}/virtmedic.db may not be written by user healer: chown -R healer: ${data}\n`);
  expect(left).toContain(`${data}/prediction/models may not be written by user healer: chown -R healer: ${data}/prediction\n`);
  await chmod(folder, 0o700);
  expect(await refusal('healer')).toContain(`${folder} may not be entered by user healer: chgrp ${GID} ${folder} && chmod g+x ${folder}\n`);
});

it('does not let root train models into what is the user\'s', async () => {
  await mkdir(join(folder, 'data'));
  await chown(join(folder, 'data'), UID, GID);
  await configure();
  const { ended, log } = run(['train', '--config', config]);
  expect([await ended, log()]).toEqual([1, `virtmedic: ${folder}/data/prediction is of user ${UID}, who could not use what root leaves there: run this as that user (sudo -u '#${UID}'), or write elsewhere with --out\n`]);
  expect(await readdir(join(folder, 'data'))).toEqual([]);
});

it('does not follow what somebody else put where its folder would be', async () => {
  const theirs = join(folder, 'theirs');
  await mkdir(theirs);
  await chown(theirs, UID + 10, UID + 10);
  await configure({ store: { path: join(theirs, 'data', 'virtmedic.db') } });
  expect(await refusal('healer')).toContain(`${theirs}/data does not exist, and user healer cannot make it: mkdir -p ${theirs}/data && chown healer: ${theirs}/data`);
  expect(await readdir(theirs)).toEqual([]);
});

it('becomes nobody who is not there, is root, or is another', async () => {
  await configure();
  expect(await refusal('nobody-of-that-name')).toBe('virtmedic: there is no user nobody-of-that-name on this machine; make one: useradd --system --groups libvirt virtmedic\n');
  expect(await refusal('0')).toContain('0 is root; make a user for virtmedic');
  expect(await refusal('alias')).toContain('user alias has the same number as healer; name that one');
  expect(await refusal('rootish')).toContain("root's group is among them");
  expect(await refusal('healer', 'setpriv', '--reuid', '41799', '--clear-groups')).toBe('virtmedic: only root can become user healer, and this is 41799: leave --user out, or start it as root\n');
  await expect(lstat(join(folder, 'data', 'virtmedic.db'))).rejects.toThrow('ENOENT');
});

it('does not begin where rights of root would stay with it, or it may not give them up', async () => {
  await configure();
  expect(await refusal('healer', 'setpriv', '--securebits', '+no_setuid_fixup')).toMatch(/as user healer it would keep rights that the user has not \(CapPrm 0000[0-9a-f]+\); nothing was started/);
  expect(await refusal('healer', 'setpriv', '--bounding-set', '-setuid')).toContain('it takes CAP_SETUID and CAP_SETGID');
});
