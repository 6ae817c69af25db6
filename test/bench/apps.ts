import { MATRIX } from '../guests/matrix.ts';
import type { MatrixEntry } from '../guests/matrix.ts';
import { bootId, kernelTrouble } from '../guests/checks/unharmed.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import type { Bench, BenchContext, BenchResult, Figure } from './frame/bench.ts';
import type { Kept, KeptPart } from './frame/kept.ts';
import { median } from './frame/statistics.ts';
import { breakApps } from './apps/faults.ts';
import { restartAgainAndAgain, WAYS, waysOf } from './apps/restarts.ts';
import type { RestartCount } from './apps/restarts.ts';
import { casesOf, figuresOf } from './apps/samples.ts';
import type { Sample } from './apps/samples.ts';
import { LOOK_SECONDS, PATHS, startStage } from './apps/stage.ts';
import type { Path } from './apps/stage.ts';

/** EDR (event-driven virtualization fault detection and recovery, 2015), on its own servers. */
const PUBLISHED = 'EDR, published: an application serves again after less than 20 s to 2 min, by its kind and machine; the best of each 20 to 45 s';
/** Chooses parts, for whoever wants only some of it. */
const PARTS_VARIABLE = 'BENCH_APPS';
const PARTS = [...PATHS, 'restarts'] as const;
type Part = (typeof PARTS)[number];
const BOOT_DEADLINE_MS = 15 * 60_000;
/** EDR's best figure for an application, seconds. */
const EDR_BEST_S = 20;

interface Sizes {
  times: number;
  pauseSeconds: Record<Path, [number, number]>;
  restartsPerWay: number;
}

const FULL: Sizes = { times: 10, pauseSeconds: { direct: [1, 10], alert: [1, 30] }, restartsPerWay: 100 };
const QUICK: Sizes = { times: 1, pauseSeconds: { direct: [1, 5], alert: [1, 10] }, restartsPerWay: 2 };

export const bench: Bench = {
  summary: 'applications in Debian guests, killed and hung, served again; and what restarting them does to a guest',
  description: `
Parts "direct" and "alert": a Debian guest for each (systemd; vsftpd, icecast2, nginx) under emulation, the guest helper, Prometheus and Alertmanager with the rules and the
routes of alert-rules/, virtmedic with default times but no budget, guests looked into each ${LOOK_SECONDS} s. All processes of an application are killed (SIGKILL) or
stopped (SIGSTOP) inside, ${FULL.times} times each in each guest. Measured from the moment at which the agent in the guest is told to do it, until a client from outside is
served: FTP with login, HTTP with status 200, asked every 100 ms. The old processes can't answer any more, and that none of them is left is asked of the guest itself.

ftp_s_p50, stream_s_p50, web_s_p50   killed, trigger direct      hung_s_p50      stopped, all three
alert_…                              released by the alert       not_recovered   faults without a recovery that was verified
phases                               medians until virtmedic had recorded the fault, from there until it acted, from there until served

Part "restarts": Debian guests of the kernel matrix, units restarted through exporter/src/guest/actions alone, ${FULL.restartsPerWay} times by each way.

restarts          done, by all ways; restarts_keyboard, restarts_sysrq, restarts_injection by each
others_affected   processes of something else that were gone afterwards      memory_differences   restarts after which hooked memory was another

Of all guests of the parts that ran: kernel_warnings, lines of their kernel logs that tell of trouble; reboots, guests that restarted.

${PARTS_VARIABLE} names the parts to run, for example "direct" or "alert,restarts"; figures of the others are then missing.
All of it takes somewhat more than an hour on two processors, half of it the restarts. With --resume faults and guests that an interrupted run has measured are not measured again.
${PUBLISHED}.`,
  goals: {
    ftp_s_p50: { op: '<=', value: 5 },
    stream_s_p50: { op: '<=', value: 5 },
    web_s_p50: { op: '<=', value: 5 },
    hung_s_p50: { op: '<=', value: 5 },
    alert_ftp_s_p50: { op: '<', value: EDR_BEST_S },
    alert_stream_s_p50: { op: '<', value: EDR_BEST_S },
    alert_web_s_p50: { op: '<', value: EDR_BEST_S },
    alert_hung_s_p50: { op: '<', value: EDR_BEST_S },
    faults: { op: '>=', value: PATHS.length * casesOf(FULL.times).length },
    not_recovered: { op: '==', value: 0 },
    ...Object.fromEntries(WAYS.map((way) => [`restarts_${way}`, { op: '>=' as const, value: FULL.restartsPerWay }])),
    kernel_warnings: { op: '==', value: 0 },
    others_affected: { op: '==', value: 0 },
    memory_differences: { op: '==', value: 0 },
    reboots: { op: '==', value: 0 },
  },
  run,
};

async function run({ quick, kept, progress, signal }: BenchContext): Promise<BenchResult> {
  const parts = partsOf(process.env[PARTS_VARIABLE]);
  const sizes = quick ? QUICK : FULL;
  const context = { kept, progress, signal };
  const paths = PATHS.filter((path) => parts.includes(path));
  if (paths.length > 0) await breakAll(paths, sizes, context);
  if (parts.includes('restarts')) await restarts(sizes, quick, context);
  const samples = paths.flatMap((path) => samplesOf(kept, path).all());
  const counts = parts.includes('restarts') ? countsOf(kept).all().map(({ count }) => count) : [];
  const served = paths.flatMap((path) => harmOf(kept, path).all());
  const figures = { ...figuresOf(samples), ...restartFigures(counts), ...harmFigures([...counts, ...served]), edr_published_best_s: EDR_BEST_S };
  return { figures, runs: samples.length, notes: [PUBLISHED] };
}

const samplesOf = (kept: Kept, path: Path): KeptPart<Sample> => kept.part(path);
const harmOf = (kept: Kept, path: Path): KeptPart<Harm> => kept.part(`${path} guest`);
const countsOf = (kept: Kept): KeptPart<{ guest: string; count: RestartCount }> => kept.part('restarts');

/** @throws for another word */
function partsOf(words: string | undefined): readonly Part[] {
  if (words === undefined) return PARTS;
  return words.split(',').map((word) => {
    const part = PARTS.find((one) => one === word);
    if (part === undefined) throw new Error(`${PARTS_VARIABLE}=${words}: allowed are ${PARTS.join(', ')}, one or several with commas between; without it all`);
    return part;
  });
}

type Telling = Pick<BenchContext, 'progress' | 'signal'>;
type Keeping = Telling & Pick<BenchContext, 'kept'>;

/** Guests side by side, faults in each one after the other. */
async function breakAll(paths: readonly Path[], { times, pauseSeconds }: Sizes, { kept, progress, signal }: Keeping): Promise<void> {
  const cases = casesOf(times);
  const left = paths.filter((path) => samplesOf(kept, path).all().length < cases.length);
  for (const path of paths) {
    const before = samplesOf(kept, path).all().length;
    if (before > 0) progress(`${path}: ${before} of ${cases.length} faults were measured before`);
  }
  if (left.length === 0) return;
  await using stage = await startStage(left, progress);
  signal.throwIfAborted();
  const { api } = stage.stack;
  await Promise.all([...stage.guests].map(async ([path, guest]) => {
    const boot = await bootId(guest);
    await breakApps({ path, guest, api, cases, kept: samplesOf(kept, path), pauseSeconds: pauseSeconds[path], signal, progress });
    const trouble = await kernelTrouble(guest);
    for (const line of trouble) progress(`${path}: the guest's kernel: ${line}`);
    harmOf(kept, path).add({ kernelWarnings: trouble.length, reboots: (await bootId(guest)) === boot ? 0 : 1 });
  }));
}

async function restarts({ restartsPerWay }: Sizes, quick: boolean, { kept, ...telling }: Keeping): Promise<void> {
  const debian = MATRIX.filter(({ system }) => system === 'debian');
  const entries = quick ? debian.filter(({ kernel, options }) => kernel === '6.12-cloud' && options.keyboard !== false).slice(0, 1) : debian;
  // As many guests as have all ways share each of them.
  const sharing = entries.filter((entry) => waysOf(entry).length === WAYS.length).length;
  const perWay = Math.ceil(restartsPerWay / Math.max(1, sharing));
  const counts = countsOf(kept);
  const left = entries.filter(({ name }) => !counts.all().some(({ guest }) => guest === name));
  if (left.length === 0) return;
  const lab = await startLab({ hosts: 1, name: 'restarts', onProgress: telling.progress });
  try {
    for (const entry of left) counts.add({ guest: entry.name, count: await restartIn(lab, entry, perWay, telling) });
  } finally {
    await lab.down();
  }
}

async function restartIn(lab: Lab, entry: MatrixEntry, perWay: number, { progress, signal }: Telling): Promise<RestartCount> {
  signal.throwIfAborted();
  const { name, kernel, options } = entry;
  progress(`${name}: booting`);
  const guest = await lab.debianGuest(lab.host(1), { ...options, name, kernel });
  try {
    await guest.start();
    await guest.waitServing(BOOT_DEADLINE_MS);
    await guest.agent.waitReady(BOOT_DEADLINE_MS);
    return await restartAgainAndAgain({ guest, entry, perWay, signal, progress: (text) => progress(`${name}: ${text}`) });
  } finally {
    await guest.remove();
  }
}

/** What no guest should show afterwards, whatever was done to it. */
type Harm = Pick<RestartCount, 'kernelWarnings' | 'reboots'>;

function harmFigures(guests: readonly Harm[]): Record<string, Figure> {
  const sum = (of: (one: Harm) => number): number | null => (guests.length === 0 ? null : guests.reduce((total, one) => total + of(one), 0));
  return { kernel_warnings: sum(({ kernelWarnings }) => kernelWarnings), reboots: sum(({ reboots }) => reboots) };
}

/** Null where no restarts were asked for. */
function restartFigures(counts: readonly RestartCount[]): Record<string, Figure> {
  const isRun = counts.length > 0;
  const sum = (of: (count: RestartCount) => number): number | null => (isRun ? counts.reduce((total, count) => total + of(count), 0) : null);
  const seconds = counts.flatMap((count) => count.seconds);
  return {
    restarts: sum(({ done }) => WAYS.reduce((total, way) => total + done[way], 0)),
    ...Object.fromEntries(WAYS.map((way) => [`restarts_${way}`, sum(({ done }) => done[way])])),
    restart_s_p50: seconds.length === 0 ? null : median(seconds),
    restarts_failed: sum(({ failed }) => failed),
    restarts_refused: sum(({ refused }) => Object.values(refused).reduce((total, times) => total + times, 0)),
    others_affected: sum(({ othersAffected }) => othersAffected),
    memory_differences: sum(({ memoryDifferences }) => memoryDifferences),
    restart_guests: isRun ? counts.length : null,
  };
}
