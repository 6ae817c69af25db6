import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Call } from './call.ts';
import { decodeError, decodeHeader, payloadReader } from './packet.ts';
import * as libvirt from './index.ts';
import { XdrWriter } from './xdr.ts';

/** Whole frames as a libvirtd 9.0 sent them. */
const ANSWERS = JSON.parse(readFileSync(new URL('./testing/answers.json', import.meta.url), 'utf8')) as Record<string, string>;
const GUEST = { name: 'guest1', uuid: '00000001-1111-4222-8333-444444444444', id: 2 };

function decode<A, R>(name: keyof typeof libvirt, call: Call<A, R>): R {
  const frame = Buffer.from(ANSWERS[name] as string, 'base64');
  expect(decodeHeader(frame)).toMatchObject({ program: 0x20008086, procedure: call.procedure, type: 1, status: 0 });
  const reader = payloadReader(frame);
  const result = call.decode(reader);
  reader.end();
  return result;
}

describe('recorded answers', () => {
  it('are understood to the last byte', () => {
    expect(decode('getHostname', libvirt.getHostname)).toBe('kvm1');
    expect(decode('startDomain', libvirt.startDomain)).toEqual(GUEST);
    expect(decode('listAllDomains', libvirt.listAllDomains)).toEqual([{ ...GUEST, name: 'guest2', uuid: GUEST.uuid.replace('1', '2'), id: -1 }, GUEST]);
    expect(decode('getDomainState', libvirt.getDomainState)).toEqual({ state: 3, reason: 1 });
    expect(decode('getDomainInfo', libvirt.getDomainInfo)).toEqual({ state: 3, maxMemoryKib: 32_768, memoryKib: 32_768, vcpus: 1, cpuTimeNanoseconds: 90_000_000 });
    expect(decode('getNodeInfo', libvirt.getNodeInfo)).toMatchObject({ model: 'x86_64', cpus: 2, mhz: 2599, nodes: 1, sockets: 1, cores: 2, threads: 1 });
    expect(decode('getDomainJobStats', libvirt.getDomainJobStats)).toEqual({ type: libvirt.JobType.NONE, params: {} });
    expect(decode('getDomainDiskErrors', libvirt.getDomainDiskErrors)).toEqual([]);
    expect(decode('getDomainControlInfo', libvirt.getDomainControlInfo)).toEqual({ state: 0, details: 0, stateTimeMilliseconds: 0 });
    const [stopped, paused] = decode('getAllDomainStats', libvirt.getAllDomainStats);
    expect(stopped?.params).toMatchObject({ 'state.state': 5, 'balloon.maximum': 32_768, 'block.count': 0 });
    expect(paused).toMatchObject({ domain: GUEST, params: { 'cpu.time': 90_000_000, 'block.0.name': 'vda', 'block.0.capacity': 16_777_216, 'dirtyrate.calc_mode': 'page-sampling' } });
  });

  it('that are errors, too', () => {
    const reader = payloadReader(Buffer.from(ANSWERS['lookupDomainByName'] as string, 'base64'));
    expect(decodeError(reader)).toEqual({
      code: libvirt.ErrorCode.NO_DOMAIN, domain: libvirt.ErrorDomain.QEMU, level: libvirt.ErrorLevel.ERROR,
      text: "Domain not found: no domain with matching name 'absent'",
      details: { str1: 'Domain not found: %s', str2: "no domain with matching name 'absent'", str3: null, int1: -1, int2: -1 },
    });
  });
});

it('the answer to a migration has a cookie, which is read over', () => {
  for (const cookie of ['', 'abc']) {
    const writer = new XdrWriter(100);
    writer.string(cookie);
    const reader = new libvirt.XdrReader(writer.written);
    libvirt.migrateDomainToUri.decode(reader);
    reader.end();
  }
});

it('no two calls have the same procedure', () => {
  const procedures = Object.values(libvirt).flatMap((value) =>
    typeof value === 'object' && 'procedure' in value ? [`${'program' in value ? String(value.program) : 'remote'} ${value.procedure}`] : [],
  );
  expect(new Set(procedures).size).toBe(procedures.length);
});

describe('arguments', () => {
  const encode = <A>(call: Call<A, unknown>, args: A): string => {
    const writer = new XdrWriter(10_000);
    call.encode(writer, args);
    return writer.written.toString('hex');
  };
  const guest = '00000006' + Buffer.from('guest1').toString('hex') + '0000' + GUEST.uuid.replaceAll('-', '') + '00000002';

  it('have the layout of remote_protocol.x', () => {
    expect(encode(libvirt.getDomainXml, { domain: GUEST, flags: 3 })).toBe(`${guest}00000003`);
    expect(encode(libvirt.suspendDomain, { domain: GUEST })).toBe(guest);
    expect(encode(libvirt.setDomainAutostart, { domain: GUEST, autostart: true })).toBe(`${guest}00000001`);
    expect(encode(libvirt.getDomainDiskErrors, { domain: GUEST })).toBe(`${guest}0000010000000000`);
    expect(encode(libvirt.getAllDomainStats, { domains: [GUEST], groups: 33, flags: libvirt.StatsFlag.NOWAIT | libvirt.StatsFlag.ENFORCE_STATS })).toBe(`00000001${guest}00000021a0000000`);
    // Domain, destination's URI as an optional string, no parameters, no cookie, flags.
    const uri = Buffer.from('qemu+tcp://kvm2/system\0\0').toString('hex');
    expect(encode(libvirt.migrateDomainToUri, { domain: GUEST, destinationUri: 'qemu+tcp://kvm2/system', flags: libvirt.MigrateFlag.PEER2PEER | libvirt.MigrateFlag.LIVE | libvirt.MigrateFlag.PERSIST_DEST | libvirt.MigrateFlag.UNDEFINE_SOURCE }))
      .toBe(`${guest}00000001${'00000016'}${uri}00000000000000000000001b`);
    expect(encode(libvirt.abortDomainJob, { domain: GUEST })).toBe(guest);
    // qemu_protocol.x: domain, command, flags.
    const command = `00000009${Buffer.from('info name\0\0\0').toString('hex')}`;
    expect(encode(libvirt.runMonitorCommand, { domain: GUEST, command: 'info name', flags: libvirt.MonitorCommandFlag.HMP })).toBe(`${guest}${command}00000001`);
    expect(encode(libvirt.runMonitorCommand, { domain: GUEST, command: 'info name' })).toBe(`${guest}${command}00000000`);
    expect(encode(libvirt.getAllDomainStats, {})).toBe('000000000000000000000000');
    expect(encode(libvirt.listAllDomains, {})).toBe('0000000100000000');
    expect(encode(libvirt.connectOpen, { uri: 'qemu:///system', flags: 1 })).toBe(`000000010000000e${Buffer.from('qemu:///system').toString('hex')}000000000001`);
  });
});
