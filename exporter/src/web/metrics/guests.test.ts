import { expect, it } from 'vitest';
import type { SeenResources } from '../../perception/apps/resources.ts';
import type { GuestStatus } from '../../perception/apps/view.ts';
import { sampleGuest } from '../testing/sample-apps.ts';
import { writeGuests } from './guests.ts';
import { createLabelCache } from './label-cache.ts';
import { createWriter } from './writer.ts';

function text(...guests: GuestStatus[]): string[] {
  const writer = createWriter();
  writeGuests(writer, createLabelCache(), { guests: () => guests });
  return writer.finish().toString().trimEnd().split('\n');
}
const scrape = (...guests: GuestStatus[]): string[] => text(...guests).filter((line) => line !== '' && !line.startsWith('#'));
const unreadable = (reason: string, more: Partial<GuestStatus> = {}): GuestStatus => sampleGuest({ reading: 'unknown', reason, text: 'why', processes: null, liveness: null, ...more });
const LIVENESS = { jiffies: 4_295_000_000n, jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 12.5 };

it('writes what is known of a guest that can be read', () => {
  expect(scrape(sampleGuest({ processes: 120, liveness: LIVENESS }))).toEqual([
    'virtmedic_guest_readable{host="h1",domain="web-1"} 1',
    'virtmedic_guest_processes{host="h1",domain="web-1"} 120',
    'virtmedic_guest_kernel_ticks_total{host="h1",domain="web-1"} 4295000000',
    'virtmedic_guest_uptime_seconds{host="h1",domain="web-1"} 12.5',
    'virtmedic_guest_kernel_panicked{host="h1",domain="web-1"} 0',
    'virtmedic_guest_kernel_frozen{host="h1",domain="web-1"} 0',
  ]);
  expect(scrape(sampleGuest({ processes: 1, liveness: null }))).toEqual(['virtmedic_guest_readable{host="h1",domain="web-1"} 1', 'virtmedic_guest_processes{host="h1",domain="web-1"} 1']);
});

const MEMORY = { totalBytes: 100, freeBytes: 20, availableBytes: 60, swapTotalBytes: 0, swapFreeBytes: null };

it('writes load and memory as far as they are known', () => {
  const resources = (more: Partial<SeenResources>) => sampleGuest({ processes: null, resources: { load: null, memory: null, fileSystems: null, ...more } });
  expect(scrape(resources({ load: [1, 0.5, 0], memory: MEMORY })).slice(1)).toEqual([
    'virtmedic_guest_load1{host="h1",domain="web-1"} 1',
    'virtmedic_guest_load5{host="h1",domain="web-1"} 0.5',
    'virtmedic_guest_load15{host="h1",domain="web-1"} 0',
    'virtmedic_guest_memory_bytes{host="h1",domain="web-1",kind="total"} 100',
    'virtmedic_guest_memory_bytes{host="h1",domain="web-1",kind="free"} 20',
    'virtmedic_guest_memory_bytes{host="h1",domain="web-1",kind="available"} 60',
    'virtmedic_guest_memory_bytes{host="h1",domain="web-1",kind="swap_total"} 0',
  ]);
  for (const guest of [resources({}), sampleGuest({ processes: null })]) expect(scrape(guest)).toEqual(['virtmedic_guest_readable{host="h1",domain="web-1"} 1']);
});

it('writes a kernel that panicked or stands still, as it is proven', () => {
  const lines = scrape(sampleGuest({ liveness: { ...LIVENESS, panicked: true, uptimeSeconds: null }, health: { panicked: 'panic', frozen: 'frozen' } }));
  expect(lines).toContain('virtmedic_guest_kernel_panicked{host="h1",domain="web-1"} 1');
  expect(lines).toContain('virtmedic_guest_kernel_frozen{host="h1",domain="web-1"} 1');
  expect(lines.some((line) => line.includes('uptime'))).toBe(false);
});

it('writes why a guest cannot be read', () => {
  expect(scrape(unreadable('unsupported-kernel'))).toEqual(['virtmedic_guest_readable{host="h1",domain="web-1"} 0', 'virtmedic_guest_unreadable{host="h1",domain="web-1",reason="unsupported-kernel"} 1']);
});

it.each(['paused', 'migrating', 'not-running', 'host-unreachable', 'no-look'])('does not say of a guest that is held (%s) whether it could be read', (reason) => {
  expect(scrape(unreadable(reason))).toEqual([`virtmedic_guest_unreadable{host="h1",domain="web-1",reason="${reason}"} 1`]);
});

it('has a bounded set of reasons, whatever it is told', () => {
  const lines = scrape(...Array.from({ length: 500 }, (_, index) => unreadable(`"x\n${index}`, { domain: `d${index}` })));
  expect(new Set(lines.filter((line) => line.includes('unreadable')).map((line) => /reason="([^"]*)"/.exec(line)?.[1]))).toEqual(new Set(['other']));
});

it('writes one series for each name, of the guest that was read last', () => {
  const gone = unreadable('domain-not-found', { uuid: 'u-old', lastListAtMs: 5 });
  const now = sampleGuest({ uuid: 'u-new', lastListAtMs: 9, processes: 1 });
  for (const lines of [scrape(gone, now), scrape(now, gone)]) expect(lines).toEqual(['virtmedic_guest_readable{host="h1",domain="web-1"} 1', 'virtmedic_guest_processes{host="h1",domain="web-1"} 1']);
});

it('says that all of it is cached', () => {
  const help = text(sampleGuest({ processes: 1, liveness: LIVENESS, resources: { load: [1, 1, 1], memory: MEMORY, fileSystems: null } }), unreadable('internal', { domain: 'x' })).filter((line) => line.startsWith('# HELP'));
  expect(help).toHaveLength(11);
  for (const line of help) expect(line).toContain('Cached: of the latest look');
});
