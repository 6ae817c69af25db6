import fc from 'fast-check';
import { appsOf, guestOf, parseProcesses } from './apps';
import { parseDomains } from './parse';
import { NotVirtmedicError } from './read';
import { sampleApp, sampleDomain, sampleProcess, sentProcess, sentProcesses, T0 } from './samples';

/** What went through the network. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('applications', () => {
  it('are read as virtmedic tells them, at their domain', () => {
    const faulty = sampleApp({
      declaredBy: 'metadata',
      state: 'faulty',
      fault: 'app_hung',
      sinceMs: T0,
      evidence: ['backlog of 0.0.0.0 port 80: 1 -> 5 connections wait'],
      processes: null,
      residentBytes: null,
      cpuSeconds: null,
      backlogs: [],
      incidentId: 'r1',
    });
    const guest = { reading: 'unknown' as const, reason: 'paused', text: 'the domain is paused' };
    const domain = sampleDomain({ apps: [sampleApp(), faulty], guest });
    expect(parseDomains(sent({ items: [domain] })).items).toEqual([domain]);
  });

  it('of a daemon that tells of none are none', () => {
    const { apps: _apps, guest: _guest, ...older } = sampleDomain();
    expect(parseDomains(sent({ items: [older] })).items).toEqual([sampleDomain()]);
  });

  it('without a name are left out, without a state unknown, and never have figures below zero', () => {
    expect(appsOf([{ name: '' }, null, 7, { name: 'x', processes: -1, residentBytes: 'many', fault: 5 }])).toEqual([
      sampleApp({
        name: 'x',
        declaredBy: '',
        state: 'unknown',
        processes: null,
        residentBytes: null,
        cpuSeconds: null,
        backlogs: [],
      }),
    ]);
  });

  it('are bounded', () => {
    const long = 'x'.repeat(100_000);
    const backlogs = Array.from({ length: 500 }, (_, port) => ({ port, backlog: 1 }));
    const evidence = Array.from({ length: 500 }, () => long);
    const apps = appsOf(Array.from({ length: 500 }, () => ({ name: long, state: long, evidence, backlogs })));
    expect(apps).toHaveLength(32);
    expect(JSON.stringify(apps[0]).length).toBeLessThan(100_000);
    expect(apps[0]?.backlogs).toHaveLength(64);
  });
});

describe('processes', () => {
  it('are read as virtmedic tells them, with the time of their start', () => {
    expect(parseProcesses(sent(sentProcesses([sentProcess(), { pid: 'x' }])))).toEqual({
      items: [sampleProcess()],
      skipped: 1,
    });
  });

  it('of a user have the unit of the user', () => {
    const { items } = parseProcesses(
      sentProcesses([sentProcess({ unit: 'user@1000.service', userUnit: 'app.service' })])
    );
    expect(items[0]?.unit).toBe('app.service');
  });

  it('have no start where the uptime is not known', () => {
    const { items } = parseProcesses({ ...sentProcesses([sentProcess()]), uptimeSeconds: null });
    expect(items).toEqual([sampleProcess({ startedAtMs: null })]);
  });

  it.each([{}, { items: [] }, { processes: 'none' }, null, 7])('of %j are none of virtmedic', (answer) => {
    expect(() => parseProcesses(answer)).toThrow(NotVirtmedicError);
  });
});

it('nothing that may come throws anything else', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const given = value as Record<string, unknown>;
      expect(Array.isArray(appsOf(value))).toBe(true);
      expect(guestOf(value) === null || typeof guestOf(value) === 'object').toBe(true);
      expect(
        parseProcesses({ processes: [value, { pid: 1, name: value, commandLine: value }] }).items.length
      ).toBeGreaterThan(0);
      expect(() => parseProcesses({ ...given, processes: [] })).not.toThrow();
    })
  );
});
