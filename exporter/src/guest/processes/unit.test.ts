import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unitsOfCgroup } from './unit.ts';

describe('unit of a control group', () => {
  it.each([
    ['/system.slice/nginx.service', 'nginx.service', null],
    ['/system.slice/systemd-udevd.service/udev', 'systemd-udevd.service', null],
    ['/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service', null],
    ['/system.slice/system-serial\\x2dgetty.slice/serial-getty@ttyS0.service', 'serial-getty@ttyS0.service', null],
    ['/system.slice/dev-disk-by\\x2duuid-1234\\x2d5678.swap', 'dev-disk-by\\x2duuid-1234\\x2d5678.swap', null],
    ['/init.scope', 'init.scope', null],
    ['/user.slice/user-1000.slice/session-3.scope', 'session-3.scope', null],
    ['/user.slice/user-1000.slice/user@1000.service/init.scope', 'user@1000.service', 'init.scope'],
    ['/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service', 'user@1000.service', 'syncthing.service'],
    ['/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.x\\x2dterm.slice/a@b.service/sub', 'user@1000.service', 'a@b.service'],
    ['/user.slice/user-1000.slice/user@1000.service', 'user@1000.service', null],
    ['/machine.slice/machine-deb.scope/payload/system.slice/nginx.service', 'machine-deb.scope', null],
    ['/system.slice/docker-0123456789abcdef.scope', 'docker-0123456789abcdef.scope', null],
    ['/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-ab.scope', 'cri-containerd-ab.scope', null],
    ['/system.slice/_cgroup.procs.service', 'cgroup.procs.service', null],
    ['/nginx.service', 'nginx.service', null],
  ])('%s', (path, unit, userUnit) => {
    expect(unitsOfCgroup(path)).toEqual({ unit, userUnit });
  });

  it.each([
    ['the root', '/'],
    ['nothing', ''],
    ['a slice alone', '/system.slice'],
    ['slices alone', '/user.slice/user-1000.slice'],
    ['what systemd did not make', '/web'],
    ['a unit below what systemd did not make', '/lxc.payload.c1/system.slice/nginx.service'],
    ['docker without systemd', '/docker/0123456789abcdef'],
    ['a template', '/system.slice/getty@.service'],
    ['no name before the type', '/system.slice/.service'],
    ['no name before the instance', '/system.slice/@tty1.service'],
    ['a character that no unit has', '/system.slice/a b.service'],
    ['a name too long', `/system.slice/${'a'.repeat(300)}.service`],
    ['a slice name alone', '/.slice'],
  ])('none of %s', (_what, path) => {
    expect(unitsOfCgroup(path)).toEqual({ unit: null, userUnit: null });
  });

  it('is a name of the path for any path', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('system.slice', '_a.slice', 'a@b.service', 'user@5.service', 'x.scope', '..', '\\x2d.slice'));
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const path = `/${names.join('/')}`;
        for (const unit of Object.values(unitsOfCgroup(path))) if (unit !== null) expect(path).toContain(unit);
      }),
    );
  });
});
