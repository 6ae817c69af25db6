import { describe, expect, it } from 'vitest';
import type { GuestProcess } from '../../../exporter/src/guest/processes/process.ts';
import { backlogsOf, compareBacklogs, compareDetails, parseOwnDetails } from './own-details.ts';

const TEXT = `#status
1/status:Uid:\t0\t0\t0\t0
1/status:NSpid:\t1
40/status:Uid:\t33\t34\t33\t33
40/status:NSpid:\t40\t2\t1
#threads
40/task/40/status:voluntary_ctxt_switches:\t7
40/task/40/status:nonvoluntary_ctxt_switches:\t2
40/task/41/status:voluntary_ctxt_switches:\t3
#tcp4
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 900 1
   1: 0100007F:0050 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 901 1
#tcp6
   0: 00000000000000000000000000000000:0015 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 902 1
#units
1 o "/org/freedesktop/systemd1/unit/init_2escope"
40 o "/org/freedesktop/systemd1/unit/serial_2dgetty_40ttyS0_2eservice"
41 Call failed
`;

const seen = (change: Partial<GuestProcess>): GuestProcess =>
  ({ pid: 40, name: 'x', startTimeNanoseconds: 5, effectiveUid: 34, namespacePids: [40, 2, 1], voluntarySwitches: 10, involuntarySwitches: 2, unit: 'serial-getty@ttyS0.service', kernelThread: false, ...change }) as GuestProcess;

describe('what the guest says of its processes', () => {
  const own = parseOwnDetails(TEXT);

  it('is read', () => {
    expect([...own.processes]).toEqual([
      [1, { effectiveUid: 0, namespacePids: [1], voluntarySwitches: 0, involuntarySwitches: 0, unit: 'init.scope' }],
      [40, { effectiveUid: 34, namespacePids: [40, 2, 1], voluntarySwitches: 10, involuntarySwitches: 2, unit: 'serial-getty@ttyS0.service' }],
    ]);
    expect([...own.backlogs]).toEqual([['tcp4 80', 3], ['tcp6 21', 0]]);
    expect(() => parseOwnDetails(TEXT.replace('#tcp6\n', ''))).toThrow('not whole');
  });

  it('is what was seen, or a difference', () => {
    expect(compareDetails([seen({})], own.processes, [seen({})])).toEqual([]);
    const other = (change: Partial<GuestProcess>) => compareDetails([seen(change)], own.processes, [seen(change)]).map((line) => line.split(' ')[0]);
    expect(other({ effectiveUid: 33 })).toEqual(['effectiveUid']);
    expect(other({ namespacePids: [40] })).toEqual(['namespacePids']);
    expect(other({ voluntarySwitches: 9 })).toEqual(['voluntarySwitches']);
    expect(other({ involuntarySwitches: null })).toEqual(['involuntarySwitches']);
    expect(other({ unit: 'getty@tty1.service' })).toEqual(['unit']);
    expect(other({ voluntarySwitches: 11 })).toEqual([]);
    expect(other({ voluntarySwitches: 11, kernelThread: true })).toEqual(['voluntarySwitches']);
    expect(compareDetails([seen({})], own.processes, [seen({ startTimeNanoseconds: 6, effectiveUid: 1 })])).toEqual([]);
  });

  it('holds for a process in no unit of a kind that processes have', () => {
    const details = new Map([[40, { ...own.processes.get(40)!, unit: '-.slice' }]]);
    expect(compareDetails([seen({ unit: null })], details, [seen({ unit: null })])).toEqual([]);
    expect(compareDetails([seen({})], details, [seen({})])).toHaveLength(1);
  });
});

describe('listening sockets', () => {
  const map = (entries: Record<string, number>) => new Map(Object.entries(entries));

  it('are those of the guest, or a difference', () => {
    expect(compareBacklogs(map({ a: 1 }), map({ a: 2 }), map({ a: 2 }))).toEqual([]);
    expect(compareBacklogs(map({ a: 1 }), map({ a: 3 }), map({ a: 2 }))).toEqual(['listening on a: backlog 1, 3, 2']);
    expect(compareBacklogs(map({}), map({ a: 0 }), map({}))).toEqual(['listening on a: backlog none, 0, none']);
    expect(compareBacklogs(map({ a: 0, b: 0 }), map({}), map({ a: 0 }))).toEqual(['listening on a: the guest has no such socket']);
  });

  it('are known by family and port, whoever shares them', () => {
    const socket = { protocol: 'tcp4' as const, port: 80, backlog: 3 } as Parameters<typeof backlogsOf>[0][number];
    expect([...backlogsOf([socket, socket])]).toEqual([['tcp4 80', 3]]);
  });
});
