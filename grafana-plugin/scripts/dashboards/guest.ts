/** Panels about what a guest has left, read out of it from outside. */
import type { Line } from './layout.ts';
import { rising, timeSeries, type PanelParts } from './panels.ts';
import { range } from './queries.ts';

export const GUEST_TITLE = 'Inside the guest';

const NOT_READ = { noValue: 'not known: nobody looks into the guest' };

/** The lines of a domain's guest; `labels` select it. */
export function guestOfDomain(labels: string): Line[] {
  return [
    {
      height: 8,
      panels: [
        [12, fileSystems(labels)],
        [6, memory(labels)],
        [6, load(labels)],
      ],
    },
  ];
}

function fileSystems(labels: string): PanelParts {
  const least = (metric: string) => `min by (mountpoint) (virtmedic_guest_filesystem_${metric}{${labels}})`;
  return timeSeries({
    title: 'File systems in use',
    description:
      'Share of each mounted file system that nobody but root can fill any more. Only of ext4 and tmpfs: of others it is not known, and they have no line.',
    unit: 'percentunit',
    targets: [range('A', `1 - ${least('avail_bytes')} / (${least('size_bytes')} > 0)`, '{{mountpoint}}')],
    defaults: { ...NOT_READ, min: 0, max: 1, thresholds: rising(0.85, 0.95) },
  });
}

function memory(labels: string): PanelParts {
  const of = (kind: string) => `max(virtmedic_guest_memory_bytes{${labels},kind="${kind}"})`;
  return timeSeries({
    title: 'Memory by its own kernel',
    description:
      "What the guest's kernel counts: all that it has, what is available without swapping, and what is free. Needs no balloon driver.",
    unit: 'bytes',
    targets: [
      range('A', of('total'), 'total'),
      range('B', of('available'), 'available'),
      range('C', of('free'), 'free'),
    ],
    defaults: { ...NOT_READ, min: 0 },
  });
}

function load(labels: string): PanelParts {
  const of = (minutes: number) => `max(virtmedic_guest_load${minutes}{${labels}})`;
  return timeSeries({
    title: 'Load average',
    description: 'Threads that run, want to run or wait for a disk in the guest, on average.',
    unit: 'short',
    targets: [range('A', of(1), '1 min'), range('B', of(5), '5 min'), range('C', of(15), '15 min')],
    defaults: { ...NOT_READ, min: 0 },
  });
}
