import type { MatrixEntry } from '../guests/matrix.ts';
import { compareWithOwnView } from '../guests/checks/frozen-view.ts';
import { openGuest } from '../guests/checks/open-guest.ts';
import { KERNEL_CHOICES } from '../lab/guest/kernel-choice.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LinuxGuest } from '../lab/lab.ts';
import type { Bench, BenchContext, BenchResult, Figure } from './frame/bench.ts';
import type { KeptPart } from './frame/kept.ts';
import { median, quantile } from './frame/statistics.ts';
import { bootWithProcesses, chooseGuests, GUESTS_VARIABLE } from './introspection/guests.ts';
import { coldStarts, latency, listsUnderChurn, warmLists } from './introspection/measure.ts';
import type { Latency } from './introspection/measure.ts';
import { startBusyClients } from './overhead/busy-clients.ts';

/** Not measured here: it is what others have published about a list of processes by volatility3, which reads a symbol file and plugins at each call. */
const PUBLISHED_S = 8;
const PUBLISHED = `volatility3, published, not measured here: a list of processes takes about ${PUBLISHED_S} s and needs a symbol file made for exactly this kernel`;

interface Sizes {
  cold: number;
  warm: number;
  /** Over all guests together. */
  churnLists: number;
  rounds: number;
  windowSeconds: number;
}

const FULL: Sizes = { cold: 10, warm: 300, churnLists: 10_000, rounds: 6, windowSeconds: 20 };
const QUICK: Sizes = { cold: 3, warm: 50, churnLists: 300, rounds: 1, windowSeconds: 10 };
const CLIENTS = 2;
const SHOWN = 5;

export const bench: Bench = {
  summary: 'processes of running guests seen from outside: how fast, how right, and what the guest notices',
  description: `
Guests with Debian's kernels under emulation, KASLR on, each with more than 100 processes, read through the memory of their QEMU and its monitor by libvirt.
For each of six kernels (6.1 and 6.12; cloud, generic, rt) a tiny guest, and a Debian one, whose systemd has units; ${GUESTS_VARIABLE}=all takes the whole kernel matrix
(page table isolation, 5 GiB, control groups version 1, …). Half an hour to 40 minutes on two processors, the whole matrix twice as long. With --resume guests that an interrupted run has measured are not measured again.

list_ms           one list with every field of every process, ${FULL.warm} in each guest, 20 ms apart; pooled
processes         the fewest in any of these lists
cold_ms           from opening QEMU's memory, with nothing known of the guest, to the first list; ${FULL.cold} times in each guest
field_mismatches  fields that are not as the guest's own /proc and systemd have them: looked at before and after while the guest stands still (virsh suspend),
                  what counts up has to lie between; and listening sockets. compared_fields says how many were compared
wrong_lists       of ${FULL.churnLists} lists (of all guests together) while two loops in the guest fork: those that miss a process that was there all the time, or show
                  one that never was. The guest's kernel logs every fork (ftrace). refused_lists: looks that came to no list, which nothing follows from
guest_latency_ratio  time of an HTTP answer of the guest, whose server is never idle (${CLIENTS} clients): looked into each second / left alone, in ${FULL.rounds} rounds of two windows of ${FULL.windowSeconds} s
by_guest          the same for each guest

Published beside: ${PUBLISHED}.`,
  goals: {
    processes: { op: '>=', value: 100 },
    list_ms_p50: { op: '<=', value: 5 },
    cold_ms_p50: { op: '<=', value: 1000 },
    wrong_lists: { op: '==', value: 0 },
    lists: { op: '>=', value: FULL.churnLists },
    field_mismatches: { op: '==', value: 0 },
    kernels: { op: '>=', value: KERNEL_CHOICES.length },
  },
  run,
};

/** What one guest gave. */
interface Found {
  name: string;
  release: string;
  coldMs: number[];
  warmMs: number[];
  processes: number;
  compared: number;
  units: number;
  mismatches: string[];
  churn: Awaited<ReturnType<typeof listsUnderChurn>>;
  latency: Latency | null;
}

async function run({ quick, kept, progress, signal }: BenchContext): Promise<BenchResult> {
  const entries = chooseGuests(quick, process.env[GUESTS_VARIABLE]);
  const all: KeptPart<Found> = kept.part(`${entries.length} guests`);
  const left = entries.filter(({ name }) => !all.all().some((one) => one.name === name));
  if (left.length < entries.length) progress(`${entries.length - left.length} of ${entries.length} guests were measured before`);
  if (left.length > 0) await lookIntoAll(left, entries, quick ? QUICK : FULL, all, { progress, signal });
  const found = all.all();
  const mismatches = found.flatMap(({ name, mismatches: lines }) => lines.map((line) => `${name}: ${line}`));
  return { figures: figuresOf(found), runs: found.length, notes: [PUBLISHED, ...mismatches.slice(0, SHOWN)] };
}

type Telling = Pick<BenchContext, 'progress' | 'signal'>;

async function lookIntoAll(left: readonly MatrixEntry[], entries: readonly MatrixEntry[], sizes: Sizes, found: KeptPart<Found>, { progress, signal }: Telling): Promise<void> {
  const size = { ...sizes, churnLists: Math.ceil(sizes.churnLists / entries.length) };
  const lab = await startLab({ hosts: 1, name: 'introspection', onProgress: progress });
  try {
    for (const entry of left) {
      signal.throwIfAborted();
      found.add(await lookInto(lab, entry, size, entry === entries[0], { progress: (text) => progress(`${entry.name}: ${text}`), signal }));
    }
  } finally {
    await lab.down();
  }
}

async function lookInto(lab: Lab, entry: MatrixEntry, sizes: Sizes, withClients: boolean, telling: Telling): Promise<Found> {
  telling.progress(`booting (${entry.system}, kernel ${entry.kernel})`);
  const guest = await bootWithProcesses(lab, entry);
  try {
    return await measure(guest, entry, sizes, withClients, telling);
  } finally {
    await guest.remove();
  }
}

async function measure(guest: LinuxGuest, entry: MatrixEntry, sizes: Sizes, withClients: boolean, { progress, signal }: Telling): Promise<Found> {
  await using opened = await openGuest(guest);
  const coldMs = await coldStarts(opened, sizes.cold, signal);
  const { tookMs: warmMs, processes } = await warmLists(opened.kernel, sizes.warm, signal);
  progress(`cold start ${median(coldMs).toFixed(0)} ms, list of ${processes} processes ${median(warmMs).toFixed(2)} ms`);
  const { compared, units, mismatches } = await compareWithOwnView(guest, opened.kernel, entry.system);
  progress(`${compared} processes compared, ${mismatches.length} mismatches${mismatches.slice(0, SHOWN).map((line) => `\n  ${line}`).join('')}`);
  const churn = await listsUnderChurn(guest, opened.kernel, sizes.churnLists, signal);
  progress(`${churn.lists} lists under ${churn.forks} forks: ${churn.wrongLists} wrong (${churn.missing} miss one, ${churn.ghosts} processes that never were), ${churn.refused} refused, ${churn.retries} passes done again`);
  const measured = withClients ? await withBusyClients(guest, (clients) => latency(opened, clients, { ...sizes, signal, progress })) : null;
  return { name: entry.name, release: opened.kernel.release, coldMs, warmMs, processes, compared, units, mismatches, churn, latency: measured };
}

async function withBusyClients<T>(guest: LinuxGuest, work: (clients: ReturnType<typeof startBusyClients>) => Promise<T>): Promise<T> {
  const clients = startBusyClients({ host: guest.address, port: 80, path: '/', timeoutMs: 30_000 }, CLIENTS);
  try {
    return await work(clients);
  } finally {
    await clients.stop();
  }
}

/** Beside the eleven of the list: effective user, pids in namespaces, both kinds of switches, systemd's own word for the unit. */
const FIELDS = 16;

function figuresOf(found: readonly Found[]): Record<string, Figure> {
  const [cold, warm] = [found.flatMap(({ coldMs }) => coldMs), found.flatMap(({ warmMs }) => warmMs)];
  const sum = (of: (one: Found) => number): number => found.reduce((total, one) => total + of(one), 0);
  const noticed = found.find((one) => one.latency !== null)?.latency ?? null;
  return {
    processes: Math.min(...found.map(({ processes }) => processes)),
    list_ms_p50: median(warm),
    list_ms_p95: quantile(warm, 0.95),
    cold_ms_p50: median(cold),
    cold_ms_max: Math.max(...cold),
    wrong_lists: sum(({ churn }) => churn.wrongLists),
    lists: sum(({ churn }) => churn.lists),
    refused_lists: sum(({ churn }) => churn.refused),
    repeated_passes: sum(({ churn }) => churn.retries),
    forks: sum(({ churn }) => churn.forks),
    field_mismatches: sum(({ mismatches }) => mismatches.length),
    compared_units: sum(({ units }) => units),
    compared_fields: sum(({ compared }) => compared) * FIELDS,
    kernels: new Set(found.map(({ release }) => release)).size,
    guest_latency_ratio: noticed?.ratio ?? null,
    guest_latency_ms_looked_into: noticed?.withMs ?? null,
    guest_latency_ms_left_alone: noticed?.withoutMs ?? null,
    guest_answers: noticed?.answers ?? null,
    guest_answers_failed: noticed?.failed ?? null,
    guest_looks: noticed?.looks ?? null,
    volatility3_published_list_s: PUBLISHED_S,
    by_guest: Object.fromEntries(found.map(({ name, processes, coldMs, warmMs }) => [name, { processes, list_ms_p50: median(warmMs), cold_ms_p50: median(coldMs) }])),
  };
}
