import { readdir } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { candidateOf, identify, isSameCandidate } from './qemu-identity.ts';
import type { Candidate, QemuProcess, Trust } from './qemu-identity.ts';
import { Refusal } from './refusal.ts';

export interface QemuFinder {
  /** The QEMU of a domain, seen alive now. @throws Refusal `domain-not-found`, `domain-ambiguous` */
  find(uuid: string): Promise<QemuProcess>;
  /** Every domain's QEMU, normally at most two seconds old. Domains with more than one are left out. */
  list(): Promise<QemuProcess[]>;
  /** Still the very same process, and still QEMU: asked on every use, and once its memory is open. */
  isSame(qemu: QemuProcess): boolean;
}

export interface QemuFinderOptions extends Trust {
  /** Monotonic milliseconds. */
  nowMs?: () => number;
  /** A command line that takes longer is somebody's trap. */
  identifyMs?: number;
}

const LIST_AGE_MS = 2000;
/** A domain that was not in the list may have started since; asking for ones that don't exist costs no more than this. */
const LIST_AGE_MISSING_MS = 200;
const DEFAULT_IDENTIFY_MS = 1000;
/** Of the time; so whoever fills the machine with processes does not keep the helper busy with them. */
const MOST_SHARE = 0.1;

interface Identity {
  candidate: Candidate;
  result: Promise<QemuProcess | null>;
  settled: QemuProcess | null;
  /** Once is enough: what does not answer would hold up every list. */
  wasWaitedFor: boolean;
}

export function createQemuFinder({ nowMs = () => performance.now(), identifyMs = DEFAULT_IDENTIFY_MS, ...trust }: QemuFinderOptions): QemuFinder {
  /** What a process said when it was first seen. It is not asked again: its command line is its own memory. */
  let identities = new Map<number, Identity>();
  let listed: { atMs: number; tookMs: number; all: QemuProcess[] } | null = null;
  let listing: Promise<QemuProcess[]> | null = null;

  function identityOf(pid: number): Identity | null {
    const before = identities.get(pid);
    if (before !== undefined && isSameCandidate(trust, before.candidate)) return before;
    const candidate = candidateOf(trust, pid);
    if (candidate === null) return null;
    const identity: Identity = { candidate, settled: null, wasWaitedFor: false, result: identify(trust, candidate).catch(() => null) };
    void identity.result.then((found) => {
      identity.settled = found;
      // What was not to be identified may be on its way to become a QEMU.
      if (found === null && identities.get(pid) === identity) identities.delete(pid);
    });
    return identity;
  }

  async function scan(): Promise<QemuProcess[]> {
    const found = new Map<number, Identity>();
    for (const name of await readdir(trust.procFolder)) {
      if (!/^[1-9]\d{0,9}$/.test(name)) continue;
      const identity = identityOf(Number(name));
      if (identity !== null) found.set(Number(name), identity);
    }
    identities = found;
    const fresh = [...found.values()].filter(({ wasWaitedFor }) => !wasWaitedFor);
    for (const identity of fresh) identity.wasWaitedFor = true;
    await within(identifyMs, Promise.all(fresh.map(({ result }) => result)));
    return [...found.values()].flatMap(({ settled }) => (settled === null ? [] : [settled]));
  }

  function listAt(mostAgeMs: number): Promise<QemuProcess[]> {
    const fromMs = nowMs();
    if (listed !== null && fromMs - listed.atMs <= Math.max(mostAgeMs, listed.tookMs / MOST_SHARE)) return Promise.resolve(listed.all);
    listing ??= scan()
      .then((all) => {
        const atMs = nowMs();
        listed = { atMs, tookMs: atMs - fromMs, all };
        return all;
      })
      .finally(() => (listing = null));
    return listing;
  }

  function isSame({ pid, startTicks }: QemuProcess): boolean {
    const known = identities.get(pid)?.candidate;
    return known?.startTicks === startTicks && isSameCandidate(trust, known);
  }

  async function named(uuid: string, mostAgeMs: number): Promise<QemuProcess[]> {
    return (await listAt(mostAgeMs)).filter((qemu) => qemu.uuid === uuid && isSame(qemu));
  }

  return {
    isSame,
    async list() {
      const all = (await listAt(LIST_AGE_MS)).filter(isSame);
      return all.filter(({ uuid }) => all.filter((other) => other.uuid === uuid).length === 1);
    },
    async find(uuid) {
      const known = await named(uuid, LIST_AGE_MS);
      const [qemu, second] = known.length > 0 ? known : await named(uuid, LIST_AGE_MISSING_MS);
      if (second !== undefined) throw new Refusal('domain-ambiguous', `processes ${qemu?.pid} and ${second.pid} both say that they are ${uuid}; nothing is done until one is gone`);
      if (qemu === undefined) throw new Refusal('domain-not-found', `no QEMU of ${uuid} runs on this machine under a user of qemuUsers`);
      return qemu;
    },
  };
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([promise, work]);
  clearTimeout(timer);
}
