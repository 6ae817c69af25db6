/** Series of guests that are looked into: whether they can be, how their kernels are, their load and memory. What is not known has no series. */
import type { GuestMemoryUse } from '../../guest/liveness/memory-use.ts';
import type { AppsView, GuestStatus } from '../../perception/apps/view.ts';
import { latestOfEach } from './latest-guests.ts';
import { CHILD, childLabels, type LabelCache } from './label-cache.ts';
import { boundedReason, isAboutReading } from './unreadable-reasons.ts';
import { family, type Labels, type Writer } from './writer.ts';

const CACHED = 'Cached: of the latest look.';
const READABLE = family(
  'virtmedic_guest_readable',
  'gauge',
  `Whether the latest look into the guest gave a list of its processes: 1, else 0. No series while the guest is held: paused, moved, not running, its host not heard. ${CACHED}`,
);
const UNREADABLE = family('virtmedic_guest_unreadable', 'gauge', `Always 1; why the latest look into the guest gave no list. Nothing in the guest is dead by that. ${CACHED}`);
const PROCESSES = family('virtmedic_guest_processes', 'gauge', `Processes in the guest, kernel threads too. ${CACHED}`);
const TICKS = family('virtmedic_guest_kernel_ticks_total', 'counter', `Ticks (jiffies) of the guest's kernel; they begin at a number of its choice, and an idle guest stops them for seconds at a time. ${CACHED}`);
const UPTIME = family('virtmedic_guest_uptime_seconds', 'gauge', `Time since the guest's boot, in seconds. ${CACHED}`);
const PANICKED = family('virtmedic_guest_kernel_panicked', 'gauge', `Whether the guest's kernel is shown to be in a panic: 1, else 0. ${CACHED}`);
const FROZEN = family('virtmedic_guest_kernel_frozen', 'gauge', `Whether the ticks of the guest's kernel stood still for longer than those of an idle one do: 1, else 0. ${CACHED}`);
const LOADS = (['load1', 'load5', 'load15'] as const).map((name) => family(`virtmedic_guest_${name}`, 'gauge', `Load average of ${name.slice(4)} min in the guest, as it computes it itself. ${CACHED}`));
const MEMORY = family(
  'virtmedic_guest_memory_bytes',
  'gauge',
  `Memory of the guest by kind, as its own kernel counts it, in bytes: total, free, available (without swapping), swap_total, swap_free. ${CACHED}`,
);
const MEMORY_KINDS = {
  total: 'totalBytes',
  free: 'freeBytes',
  available: 'availableBytes',
  swap_total: 'swapTotalBytes',
  swap_free: 'swapFreeBytes',
} as const satisfies Record<string, keyof GuestMemoryUse>;

interface Row {
  guest: GuestStatus;
  labels: Labels;
}

export function writeGuests(writer: Writer, cache: LabelCache, view: Pick<AppsView, 'guests'>): void {
  const rows = latestOfEach(view.guests()).map((guest): Row => {
    const { host, domain } = guest;
    return { guest, labels: cache.get(`guest/${host}/${domain}`, () => ({ host, domain })) };
  });
  const each = (of: typeof READABLE, value: (guest: GuestStatus) => number | null): void => {
    writer.begin(of);
    for (const { guest, labels } of rows) {
      const known = value(guest);
      if (known !== null) writer.sample(labels, known);
    }
  };
  each(READABLE, ({ reading, reason }) => (reading === 'ok' ? 1 : isAboutReading(reason ?? '') ? 0 : null));
  writer.begin(UNREADABLE);
  for (const { guest, labels } of rows) {
    if (guest.reading === 'ok') continue;
    const { host, domain } = guest;
    const reason = boundedReason(guest.reason ?? '');
    writer.sample(childLabels(labels, CHILD.reason, reason, () => ({ host, domain, reason })), 1);
  }
  each(PROCESSES, ({ processes }) => processes);
  each(TICKS, ({ liveness }) => (liveness === null ? null : Number(liveness.jiffies)));
  each(UPTIME, ({ liveness }) => liveness?.uptimeSeconds ?? null);
  each(PANICKED, ({ liveness, health }) => (liveness === null ? null : health.panicked === null ? 0 : 1));
  each(FROZEN, ({ liveness, health }) => (liveness === null ? null : health.frozen === null ? 0 : 1));
  LOADS.forEach((of, index) => each(of, ({ resources }) => resources?.load?.[index] ?? null));
  writer.begin(MEMORY);
  for (const { guest, labels } of rows) writeMemory(writer, guest, labels);
}

function writeMemory(writer: Writer, { host, domain, resources }: GuestStatus, labels: Labels): void {
  for (const [kind, member] of Object.entries(MEMORY_KINDS)) {
    const bytes = resources?.memory?.[member] ?? null;
    if (bytes !== null) writer.sample(childLabels(labels, CHILD.memory, kind, () => ({ host, domain, kind })), bytes);
  }
}
