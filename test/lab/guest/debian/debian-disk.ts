import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../command.ts';
import { downloadAndUnpack } from '../apt-download.ts';
import { CACHE, buildOnce, earlierBuild, hashOf } from '../build-once.ts';
import { candidateVersions } from '../kernel.ts';
import { aptProxies, aptSources, debianArchives } from './archives.ts';

/** systemd as Debian sets it up, the three kinds of application (web, FTP, media streaming), and QEMU's agent, which runs where there is a channel for it. */
const PACKAGES = ['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'iproute2', 'procps', 'nginx-light', 'vsftpd', 'icecast2', 'qemu-guest-agent'] as const;
const BUILDER = 'mmdebstrap';
const AGENT = join(import.meta.dirname, '..', 'agent', 'sbin', 'lab-agent');
const DISK_MIB = 1200;
const BUILD_TIMEOUT_MS = 30 * 60_000;
/** Nothing in it bears a later date: what was built twice from the same packages has the same files, owners, modes and times of modification. */
const EPOCH_SECONDS = '1700000000';
const UUID = '6f1d1a0e-5f0e-4a52-9f5e-2a8f6a0f7c11';

/**
 * The qcow2 image of a Debian 12 with systemd, without a kernel; built where it was not built before from these packages and this
 * recipe. It needs root, about a minute and 1.5 GB for a while. Without apt's lists an earlier build serves. @throws where there is neither.
 */
export async function debianDisk(onProgress: (message: string) => void, cache = CACHE): Promise<string> {
  const recipe = await hashOf([import.meta.filename, join(import.meta.dirname, 'files'), join(import.meta.dirname, 'customize.sh'), AGENT]);
  const versions = candidateVersions(await run('apt-cache', ['policy', BUILDER, ...PACKAGES]));
  const builderVersion = versions.get(BUILDER);
  if (builderVersion === undefined) {
    const earlier = await earlierBuild(cache, `debian_${recipe}-`);
    if (earlier !== undefined) return join(earlier, 'debian.qcow2');
    throw new Error(`apt lists no ${BUILDER}: run \`apt-get update\` (or \`npm run setup\`) and try again`);
  }
  const folder = await buildOnce({
    cache, kind: 'debian', key: `${recipe}-${await hashOf([], [...versions].flat())}`,
    build: async (result, scratch) => {
      onProgress('building the Debian guest from packages');
      const root = await makeTree(scratch, await downloadAndUnpack(BUILDER, builderVersion, scratch));
      onProgress('packing the Debian guest');
      await makeImage(root, scratch, join(result, 'debian.qcow2'));
    },
  });
  return join(folder, 'debian.qcow2');
}

async function makeTree(scratch: string, builder: string): Promise<string> {
  const root = join(scratch, 'root');
  const tools = join(builder, 'usr/bin');
  const sources = aptSources(await debianArchives());
  // In a mount namespace of its own: whatever way it ends, the system's folders are not left mounted in a tree that is going to be deleted.
  await run('unshare', [
    '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--',
    'env', `PATH=${tools}:/usr/sbin:/usr/bin:/sbin:/bin`, `SOURCE_DATE_EPOCH=${EPOCH_SECONDS}`,
    'perl', join(tools, BUILDER), '--quiet', '--mode=root', '--format=directory', '--variant=minbase', `--include=${PACKAGES.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"', '--aptopt=APT::Sandbox::User "root"', ...(await aptProxies()).map((line) => `--aptopt=${line}`),
    ...['doc', 'man', 'locale', 'info'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
    'bookworm', root, '-',
  ], { input: sources, timeoutMs: BUILD_TIMEOUT_MS });
  await cp(join(import.meta.dirname, 'files'), root, { recursive: true, verbatimSymlinks: true });
  await mkdir(join(root, 'usr/local/sbin'), { recursive: true });
  await cp(AGENT, join(root, 'usr/local/sbin/lab-agent'));
  await run(join(import.meta.dirname, 'customize.sh'), [root]);
  await run('find', [root, '-newermt', `@${EPOCH_SECONDS}`, '-exec', 'touch', '--no-dereference', `--date=@${EPOCH_SECONDS}`, '{}', '+']);
  return root;
}

async function makeImage(root: string, scratch: string, target: string): Promise<void> {
  const raw = join(scratch, 'disk.raw');
  await run('truncate', ['--size', `${DISK_MIB}M`, raw]);
  await run('env', [
    `E2FSPROGS_FAKE_TIME=${EPOCH_SECONDS}`, 'mke2fs', '-q', '-t', 'ext4', '-U', UUID, '-E', `hash_seed=${UUID}`, '-L', 'debian', '-d', root, raw,
  ], { timeoutMs: BUILD_TIMEOUT_MS });
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, target], { timeoutMs: BUILD_TIMEOUT_MS });
}
