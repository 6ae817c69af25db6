import { expect, test } from 'vitest';
import { parseOwnProcesses } from './guest-processes.ts';

const stat = (pid: number, name: string, parent: number) =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 4194560 100 0 0 0 11 12 0 0 20 0 3 0 777 9999 55 18446744073709551615 1 1 0`;
const TEXT = `#self 90
#stat
${stat(1, 'systemd', 0)}
${stat(2, 'kthreadd', 0)}
${stat(70, 'a) b (c', 1)}
${stat(71, 'gone', 1)}
${stat(90, 'sh', 88)}
${stat(91, 'cat', 90)}
#status
1/status:Uid:\t0\t0\t0\t0
1/status:VmRSS:\t    1204 kB
2/status:Uid:\t0\t0\t0\t0
70/status:Uid:\t33\t33\t33\t33
90/status:Uid:\t0\t0\t0\t0
91/status:Uid:\t0\t0\t0\t0
#cgroup
1/cgroup:1:name=systemd:/init.scope
70/cgroup:1:name=systemd:/x
70/cgroup:0::/system.slice/a.service
#exe
lrwxrwxrwx 1 root root 0 Nov 22 07:48 1/exe -> /usr/lib/systemd/systemd
#cmdline
==> 1/cmdline <==
/sbin/init\0--a b\0
==> 2/cmdline <==

==> 70/cmdline <==
web\0\0
`;

test('one process from many files, by proc(5); the witnesses and what ended meanwhile are left out', () => {
  const [init, kthreadd, odd, ...others] = parseOwnProcesses(TEXT);
  expect(others).toEqual([]);
  expect(init).toEqual({
    pid: 1, parentPid: 0, name: 'systemd', state: 'S', threads: 3, userTicks: 11, systemTicks: 12, startTicks: 777, residentPages: 55,
    residentKibibytes: 1204, uid: 0, cgroup: '/init.scope', commandLine: ['/sbin/init', '--a b'], executable: '/usr/lib/systemd/systemd',
  });
  expect(kthreadd).toMatchObject({ pid: 2, residentKibibytes: null, cgroup: null, commandLine: [], executable: null });
  expect(odd).toMatchObject({ pid: 70, name: 'a) b (c', uid: 33, cgroup: '/system.slice/a.service', commandLine: ['web', ''] });
});

test('half a list is none', () => {
  expect(() => parseOwnProcesses(TEXT.slice(0, TEXT.indexOf('#exe')))).toThrow('not whole');
});
