import { DEBIAN_APPS } from '../../lab/linux-guest.ts';
import type { GuestCheck } from '../check.ts';

const OOPS = /\b(Kernel panic|BUG:|Oops|general protection fault|scheduling while atomic)/;

/** The guest is the one that was asked for: the rest of the matrix would mean nothing otherwise. */
export const serves: GuestCheck = {
  name: 'serves',
  what: 'it serves, on the kernel and with the options that were asked for, and its kernel has nothing to complain of',
  timeoutSeconds: 120,
  async run({ guest, entry }) {
    const { kernel, options } = entry;
    await guest.waitServing(60_000);
    const release = (await guest.agent.run('uname -r')).trim();
    expectThat(release.startsWith(kernel.startsWith('6.12') ? '6.12.' : '6.1.'), `kernel ${release} instead of ${kernel}`);
    expectThat(flavourOf(release) === kernel.split('-')[1], `kernel ${release} instead of ${kernel}`);
    const processors = Number(await guest.agent.run("grep -c '^processor' /proc/cpuinfo"));
    expectThat(processors === (options.vcpus ?? 1), `${processors} processors instead of ${options.vcpus ?? 1}`);
    const isolation = (await guest.agent.run('cat /sys/devices/system/cpu/vulnerabilities/meltdown')).trim();
    if (options.pageTableIsolation === true) expectThat(isolation.includes('PTI'), `page table isolation: ${isolation}`);
    const cpuFlags = (await guest.agent.run("grep -m 1 '^flags' /proc/cpuinfo")).split(/\s+/);
    const levels = cpuFlags.includes('la57') ? 5 : 4;
    expectThat(levels === (options.pageTableLevels ?? levels), `${levels} page table levels instead of ${options.pageTableLevels ?? levels}`);
    if ((options.memoryMiB ?? 0) > 4096) expectThat(/^ *1[0-9a-f]{8}-.*System RAM$/m.test(await guest.agent.run('cat /proc/iomem')), 'no RAM above 4 GiB');
    if (entry.system === 'debian') await systemd(entry.options.cgroups ?? 2, (script) => guest.agent.run(script));
    const taint = (await guest.agent.run('cat /proc/sys/kernel/tainted')).trim();
    const complaint = OOPS.exec(await guest.agent.run('dmesg'))?.[0];
    expectThat(complaint === undefined, `the guest's kernel says: ${complaint ?? ''}`);
    expectThat(taint === '0', `the guest's kernel is tainted: ${taint}`);
    return { uptimeMilliseconds: Math.round(Number((await guest.agent.run("cut -d' ' -f1 /proc/uptime")).trim()) * 1000) };
  },
};

function flavourOf(release: string): string {
  return /-(cloud|rt)-amd64$/.exec(release)?.[1] ?? 'generic';
}

async function systemd(cgroups: 1 | 2, inside: (script: string) => Promise<string>): Promise<void> {
  const hierarchy = (await inside('stat -f -c %T /sys/fs/cgroup')).trim() === 'cgroup2fs' ? 2 : 1;
  expectThat(hierarchy === cgroups, `control groups version ${hierarchy} instead of ${cgroups}`);
  const units = DEBIAN_APPS.map(({ unit }) => unit);
  expectThat((await inside(`systemctl is-active ${units.join(' ')}`)).trim() === units.map(() => 'active').join('\n'), 'not every application is active');
  const failed = (await inside('systemctl list-units --failed --plain --no-legend')).trim();
  expectThat(failed === '', `units failed: ${failed}`);
}

function expectThat(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
