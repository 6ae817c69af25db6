import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLab } from '../lab/lab.ts';
import type { Guest, Host, Lab } from '../lab/lab.ts';
import type { Bench, BenchContext, BenchResult } from './frame/bench.ts';
import { quantile } from './frame/statistics.ts';
import { startBusyClients } from './overhead/busy-clients.ts';
import type { BusyClients } from './overhead/busy-clients.ts';
import { processCpuSeconds } from './overhead/process-cpu.ts';
import { forecastDomains, startWatcher } from './overhead/watcher.ts';
import type { Watcher } from './overhead/watcher.ts';
import { orderOf, sumsOf } from './overhead/windows.ts';
import type { Window } from './overhead/windows.ts';

/** The smallest that boots; with QEMU's own some 200 MiB. */
const GUEST_MIB = 80;
const GUEST_NEEDS_BYTES = 220 * 2 ** 20;
/** Starting QEMU is the slow part; the machine has few cores. */
const STARTS_AT_ONCE = 3;
const CLIENTS = 4;
const PATIENCE_MS = 60_000;
/** Compiling, connecting and listing belong to no steady state. */
const SETTLE_SECONDS = 30;
const PAUSE_SECONDS = 5;
const SCRAPE_SECONDS = 15;

interface Sizes {
  domains: number;
  rounds: number;
  windowSeconds: number;
}

const FULL: Sizes = { domains: 50, rounds: 5, windowSeconds: 60 };
const QUICK: Sizes = { domains: 6, rounds: 1, windowSeconds: 20 };

export const bench: Bench = {
  summary: 'what watching and forecasting 50 running guests costs, and what a fully loaded guest notices of it',
  description: `
One libvirtd with ${FULL.domains} guests that run (idle, emulated), one of them under full load: ${CLIENTS} clients ask it for a costly page, each again as soon as it
was answered. virtmedic is a real process, the whole daemon with prediction, at ticks of 5 s. ${FULL.rounds} rounds of a window of ${FULL.windowSeconds} s with virtmedic and one without, in
the order with, without, without, with, …; virtmedic is started ${SETTLE_SECONDS} s before its window and ended before the others. At the end one more window in which it is
scraped every ${SCRAPE_SECONDS} s.

cpu_share          user and system time of virtmedic's process in its windows / their length: the share of one core (/proc/PID/stat)
daemon_cpu_share   what libvirtd takes more with virtmedic than without, as a share of one core
response_ratio     median response time of the loaded guest with virtmedic / without, median of the rounds. The paper measured 1.07
guest_cpu_share    what the loaded guest's QEMU took, to show that it was loaded
scraped_*          the same shares in the window with scrapes`,
  goals: {
    cpu_share: { op: '<=', value: 0.03 },
    response_ratio: { op: '<=', value: 1.07 },
  },
  run,
};

async function run({ quick, progress, signal }: BenchContext): Promise<BenchResult> {
  const sizes = quick ? QUICK : FULL;
  checkMemory(sizes.domains);
  const folder = mkdtempSync(join(tmpdir(), 'virtmedic-overhead-'));
  const lab = await startLab({ hosts: 1, name: 'overhead', onProgress: progress });
  const stage: Stage = { folder, host: lab.host(1), watcher: null, progress, signal };
  let clients: BusyClients | null = null;
  try {
    const guests = await startGuests(lab, sizes.domains, stage);
    const loaded = guests[0]!;
    clients = startBusyClients({ host: loaded.address, port: 80, path: '/cgi-bin/status', timeoutMs: PATIENCE_MS }, CLIENTS);
    const windows: Window[] = [];
    for (const watched of orderOf(sizes.rounds)) {
      windows.push(await windowOf(stage, watched, sizes, loaded, clients));
      progress(`window ${windows.length} of ${2 * sizes.rounds}, ${watched ? 'with' : 'without'} virtmedic: ${windows.at(-1)!.responseMs.length} answers`);
    }
    const scraped = await scrapedWindow(stage, sizes, loaded, clients);
    return { figures: { domains: sizes.domains, ...figuresOf(windows, scraped) }, runs: sizes.rounds };
  } finally {
    await clients?.stop();
    await stage.watcher?.service.stop();
    await lab.down();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Stage extends Pick<BenchContext, 'progress' | 'signal'> {
  folder: string;
  host: Host;
  /** Null: virtmedic does not run. */
  watcher: Watcher | null;
}

/** @throws where so many guests would not fit: swapping would be measured instead. */
function checkMemory(domains: number): void {
  const kib = Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
  const needed = domains * GUEST_NEEDS_BYTES;
  if (!(kib * 1024 >= needed)) throw new Error(`${domains} guests need ${(needed / 2 ** 30).toFixed(1)} GiB of memory; ${(kib / 2 ** 20).toFixed(1)} GiB are available`);
}

async function startGuests(lab: Lab, count: number, { progress, signal }: Stage): Promise<Guest[]> {
  progress(`starting ${count} guests`);
  const guests = Array.from({ length: count }, (_, n) =>
    lab.guest(lab.host(1), { name: `vm${n}`, memoryMiB: GUEST_MIB, balloonPeriodSeconds: 5, kernelArguments: 'lab.count=5' }));
  let next = 0;
  const starter = async (): Promise<void> => {
    for (let guest = guests[next++]; guest !== undefined; guest = guests[next++]) {
      signal.throwIfAborted();
      await guest.start();
      await guest.waitHttp();
      if (next % 10 === 0) progress(`${next} of ${count} guests`);
    }
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, starter));
  return guests;
}

async function windowOf(stage: Stage, watched: boolean, { domains, windowSeconds }: Sizes, loaded: Guest, clients: BusyClients): Promise<Window> {
  const { signal } = stage;
  if (watched && stage.watcher === null) {
    stage.watcher = await startWatcher(stage.folder, stage.host);
    await sleep(SETTLE_SECONDS * 1000, undefined, { signal });
    const forecast = forecastDomains(await textOf(stage.watcher.metricsUrl));
    if (forecast !== domains) throw new Error(`${forecast} of ${domains} domains are forecast: what would be measured is not the whole of it`);
  }
  if (!watched && stage.watcher !== null) {
    await stage.watcher.service.stop();
    stage.watcher = null;
  }
  await sleep(PAUSE_SECONDS * 1000, undefined, { signal });
  const pids = { virtmedic: stage.watcher?.service.pid, libvirtd: pidOf('libvirtd', stage.host.libvirtdPid), guest: pidOf('the loaded guest', loaded.qemuPid()) };
  const seconds = (pid: number | undefined): number => (pid === undefined ? 0 : processCpuSeconds(pid));
  const startedMs = performance.now();
  const before = [seconds(pids.virtmedic), seconds(pids.libvirtd), seconds(pids.guest)] as const;
  clients.take();
  await sleep(windowSeconds * 1000, undefined, { signal });
  const { answered } = clients.take();
  return {
    watched,
    seconds: (performance.now() - startedMs) / 1000,
    virtmedicSeconds: watched ? seconds(pids.virtmedic) - before[0] : null,
    libvirtdSeconds: seconds(pids.libvirtd) - before[1],
    guestSeconds: seconds(pids.guest) - before[2],
    responseMs: answered.map(({ tookMs }) => tookMs),
  };
}

async function scrapedWindow(stage: Stage, sizes: Sizes, loaded: Guest, clients: BusyClients): Promise<Window> {
  // Whatever ran last, it is the daemon that is scraped.
  await windowOf(stage, true, { ...sizes, windowSeconds: 1 }, loaded, clients);
  const url = stage.watcher!.metricsUrl;
  const timer = setInterval(() => void textOf(url).catch((error: unknown) => stage.progress(String(error))), SCRAPE_SECONDS * 1000);
  try {
    return await windowOf(stage, true, sizes, loaded, clients);
  } finally {
    clearInterval(timer);
  }
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`${url}: status ${answer.status}`);
  return answer.text();
}

function pidOf(what: string, pid: number | undefined): number {
  if (pid === undefined) throw new Error(`${what} does not run`);
  return pid;
}

function figuresOf(windows: readonly Window[], scraped: Window): Record<string, number> {
  const sums = sumsOf(windows);
  const all = windows.flatMap(({ responseMs }) => responseMs);
  return {
    cpu_share: sums.cpuShare,
    daemon_cpu_share: sums.daemonCpuShare,
    response_ratio: sums.responseRatio,
    response_ms_with: sums.responseMsWith,
    response_ms_without: sums.responseMsWithout,
    response_ms_p10: quantile(all, 0.1),
    response_ms_p90: quantile(all, 0.9),
    answers: all.length,
    guest_cpu_share: sums.guestCpuShare,
    daemon_cpu_share_without: sums.daemonCpuShareWithout,
    scraped_cpu_share: (scraped.virtmedicSeconds ?? Number.NaN) / scraped.seconds,
    scraped_daemon_cpu_share: scraped.libvirtdSeconds / scraped.seconds - sums.daemonCpuShareWithout,
  };
}
