import { expect, test } from 'vitest';
import { parseQemuLog } from './qemu-log.ts';

test('every launch has its time; other lines are no launch', () => {
  const log = `2026-11-21 22:14:45.047+0000: starting up libvirt version: 9.0.0, package: 9.0.0-4+deb12u2 (Debian), hostname: h1
LC_ALL=C \\
/usr/bin/qemu-system-x86_64 \\
-name guest=a
2026-11-21 22:14:45.462+0000: shutting down, reason=crashed
2026-11-21 22:14:47.004+0000: starting up libvirt version: 9.0.0, package: 9.0.0-4+deb12u2 (Debian), hostname: h1
`;
  expect(parseQemuLog(log).map((atMs) => new Date(atMs).toISOString())).toEqual(['2026-11-21T22:14:45.047Z', '2026-11-21T22:14:47.004Z']);
  expect(parseQemuLog('')).toEqual([]);
});
