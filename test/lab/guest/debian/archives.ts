import { run } from '../../command.ts';

/** An archive of Debian 12 as this machine reaches it: a mirror's address and a suite. */
export interface Archive {
  uri: string;
  suite: string;
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const SUITES = ['bookworm', 'bookworm-updates', 'bookworm-security'];
const FORMAT = '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)';

/** The mirrors that apt of this machine uses for Debian 12. @throws Error where it names none */
export async function debianArchives(): Promise<readonly Archive[]> {
  const archives = parseTargets(await run('apt-get', ['indextargets', '--format', FORMAT, 'Created-By: Packages']));
  if (!archives.some(({ suite }) => suite === 'bookworm')) throw new Error("apt names no archive of Debian 12 (bookworm, main): add one to its sources, then run apt-get update");
  return archives;
}

/** Lines "URI|SUITE|COMPONENT|ORIGIN"; those of other vendors, suites and components are left out. */
export function parseTargets(lines: string): Archive[] {
  const found = lines.split('\n').map((line) => line.split('|'))
    .filter(([, suite = '', component, origin]) => SUITES.includes(suite) && component === 'main' && origin === 'Debian')
    .map(([uri = '', suite = '']) => ({ uri: uri.replace(/\/$/, ''), suite }));
  return found.filter((archive, at) => found.findIndex(({ uri, suite }) => uri === archive.uri && suite === archive.suite) === at);
}

/** In sources.list(5)'s one-line format, checked against Debian's own keys only. */
export function aptSources(archives: readonly Archive[]): string {
  return archives.map(({ uri, suite }) => `deb [signed-by=${KEYRING}] ${uri} ${suite} main\n`).join('');
}

/** Proxy settings of this machine's apt as lines of apt.conf(5), for a tree that would not read this machine's. */
export async function aptProxies(): Promise<string[]> {
  return parseProxies(await run('apt-config', ['dump', '--format', '%F "%v";%n', 'Acquire']));
}

export function parseProxies(lines: string): string[] {
  return lines.split('\n').filter((line) => /^Acquire::[^"]*Proxy[^"]* "[^"]+";$/.test(line));
}
