import { describe, expect, test } from 'vitest';
import type { Monitor } from '../memory/memory.ts';
import { launchSecurityOf, readDomainFacts, readRunningWork } from './domain-facts.ts';

/** A monitor with QEMU's answers for a domain that nothing is wrong with, changed by `answers`; an Error is what it rejects with. */
function monitor(answers: Record<string, unknown> = {}): Monitor {
  const all: Record<string, unknown> = {
    'query-status': { status: 'running', running: true },
    'query-migrate': {},
    'query-jobs': [],
    'query-block-jobs': [],
    'query-dump': { status: 'none', completed: 0, total: 0 },
    'query-chardev': [{ label: 'charserial0', filename: 'pty:/dev/pts/1' }],
    'qom-get': '',
    ...answers,
  };
  return {
    human: async () => '',
    execute: async (command) => {
      if (all[command] instanceof Error) throw all[command];
      return all[command];
    },
  };
}
const libvirt = { xml: '<domain/>', job: null };

describe('what is known of a domain', () => {
  test('is nothing bad where nothing is', async () => {
    expect(await readDomainFacts(monitor(), libvirt)).toEqual({ status: 'running', migration: null, jobs: [], blockJobs: [], launchSecurity: null, confidentialGuest: null, gdbserver: null, unclear: [] });
  });

  test.each(['none', 'completed', 'failed', 'cancelled'])('a migration in state %s is over', async (status) => {
    expect((await readDomainFacts(monitor({ 'query-migrate': { status } }), libvirt)).migration).toBeNull();
  });

  test.each(['setup', 'active', 'cancelling', 'postcopy-active', 'pre-switchover', 'device', 'colo', 'wait-unplug', 'of-the-future'])('a migration in state %s runs', async (status) => {
    expect((await readDomainFacts(monitor({ 'query-migrate': { status } }), libvirt)).migration).toBe(status);
  });

  test("jobs of QEMU, of its disks, of libvirt, and dumps are found; those that ended aren't", async () => {
    const facts = await readDomainFacts(
      monitor({
        'query-jobs': [
          { id: 'a', type: 'snapshot-save', status: 'running' },
          { id: 'b', type: 'snapshot-save', status: 'concluded' },
        ],
        'query-block-jobs': [{ device: 'vda', type: 'commit' }],
        'query-dump': { status: 'active' },
      }),
      { xml: '', job: 'backup' },
    );
    expect(facts).toMatchObject({ jobs: ['snapshot-save a', 'dump', 'backup'], blockJobs: ['commit vda'] });
  });

  test('a job of a disk is one of the disks alone, although QEMU lists it among all jobs too', async () => {
    const job = { id: 'drive-virtio-disk0', type: 'commit', status: 'running' };
    const facts = await readDomainFacts(monitor({ 'query-jobs': [job], 'query-block-jobs': [{ device: job.id, type: job.type }] }), libvirt);
    expect(facts).toMatchObject({ jobs: [], blockJobs: ['commit drive-virtio-disk0'] });
  });

  test('a gdb server is found by its name', async () => {
    expect((await readDomainFacts(monitor({ 'query-chardev': [{ label: 'gdb', filename: 'tcp::1234' }] }), libvirt)).gdbserver).toBe('tcp::1234');
  });

  test.each<[string, unknown, unknown, string | null]>([
    ['TDX or new SEV', '/objects/tdx0', null, '/objects/tdx0'],
    ['an older QEMU without', new Error('Property pc-machine.confidential-guest-support not found'), { enabled: false }, null],
    ['an older QEMU with SEV', new Error('Property not found'), { enabled: true }, 'sev'],
    ['a QEMU that knows nothing of SEV', new Error('Property not found'), new Error('The command query-sev has not been found'), null],
  ])('encryption: %s', async (_what, object, sev, found) => {
    const facts = await readDomainFacts(monitor({ 'qom-get': object, 'query-sev': sev }), libvirt);
    expect([facts.confidentialGuest, facts.unclear]).toEqual([found, []]);
  });

  test.each(['query-status', 'query-migrate', 'query-jobs', 'query-block-jobs', 'query-dump', 'query-chardev', 'qom-get'])('%s without an answer, or with another one, is unclear', async (command) => {
    for (const wrong of [new Error('closed'), 5, null, { status: 5 }, [{}]]) {
      const { unclear } = await readDomainFacts(monitor({ [command]: wrong }), libvirt);
      const isAcceptable = command === 'query-migrate' && JSON.stringify(wrong) === '[{}]';
      if (!isAcceptable) expect(unclear.join()).toContain(command);
    }
  });
});

describe('what may have begun since', () => {
  test('is a migration, or a job of any kind, and not what has ended', async () => {
    expect(await readRunningWork(monitor())).toEqual({ migration: null, jobs: [], unclear: [] });
    const jobs = [{ id: 'a', type: 'backup', status: 'running' }, { id: 'b', type: 'backup', status: 'concluded' }];
    expect(await readRunningWork(monitor({ 'query-migrate': { status: 'active' }, 'query-jobs': jobs }))).toEqual({ migration: 'active', jobs: ['backup a'], unclear: [] });
  });

  test.each(['query-migrate', 'query-jobs'])('%s without an answer is unclear', async (command) => {
    expect((await readRunningWork(monitor({ [command]: new Error('closed') }))).unclear).toEqual([`${command}: closed`]);
  });
});

describe('launch security', () => {
  test('is read from the XML', () => {
    expect(launchSecurityOf('<domain><launchSecurity type="sev"><policy>0x0003</policy></launchSecurity></domain>')).toBe('sev');
    expect(launchSecurityOf("<domain><launchSecurity kernelHashes='yes' type='sev-snp'/></domain>")).toBe('sev-snp');
    expect(launchSecurityOf('<domain><launchSecurity/></domain>')).toBe('unknown');
  });

  test('is not taken from comments, metadata or texts', () => {
    expect(launchSecurityOf('<domain><!-- <launchSecurity type="sev"/> --><metadata><launchSecurity type="sev"/></metadata></domain>')).toBeNull();
    expect(launchSecurityOf('<domain><description>&lt;launchSecurity type="sev"/></description></domain>')).toBeNull();
  });
});
