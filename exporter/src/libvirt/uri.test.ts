import { describe, expect, it } from 'vitest';
import { UriError } from './errors.ts';
import { parseLibvirtUri } from './uri.ts';

const unix = (...paths: string[]): object => ({ kind: 'unix', paths });

describe('libvirt URI', () => {
  it.each([
    ['qemu:///system', unix('/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock'), 'qemu:///system'],
    ['qemu+unix:///system', unix('/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock'), 'qemu:///system'],
    ['qemu:///system?mode=legacy', unix('/run/libvirt/libvirt-sock'), 'qemu:///system'],
    ['storage:///system?mode=direct', unix('/run/libvirt/virtstoraged-sock'), 'storage:///system'],
    ['qemu:///system?socket=/srv/a%20b/sock', unix('/srv/a b/sock'), 'qemu:///system'],
    ['qemu:///session', unix('/run/user/7/libvirt/virtqemud-sock', '/run/user/7/libvirt/libvirt-sock'), 'qemu:///session'],
    ['qemu+tcp://kvm1/system', { kind: 'tcp', host: 'kvm1', port: 16509 }, 'qemu:///system'],
    ['qemu+tcp://me@[2001:db8::1]:1234/system', { kind: 'tcp', host: '2001:db8::1', port: 1234 }, 'qemu:///system'],
    ['qemu+tcp://h/system?no_verify=1&root=/a&name=qemu:///session', { kind: 'tcp', host: 'h', port: 16509 }, 'qemu:///session'],
    ['qemu+tcp://h/system?no_verify=1&root=/a', { kind: 'tcp', host: 'h', port: 16509 }, 'qemu:///system?root=%2Fa'],
    ['test+unix:///default?socket=/s', unix('/s'), 'test:///default'],
    ['lxc:///', unix('/run/libvirt/virtlxcd-sock', '/run/libvirt/libvirt-sock'), 'lxc:///'],
  ])('%s', (uri, address, name) => {
    expect(parseLibvirtUri(uri, { environment: { XDG_RUNTIME_DIR: '/run/user/7' } })).toEqual({ address, name });
  });

  it('takes the read-only socket of a system daemon, which a session daemon does not have', () => {
    const options = { readonly: true, environment: { HOME: '/home/u' } };
    expect(parseLibvirtUri('qemu:///system', options).address).toEqual(unix('/run/libvirt/virtqemud-sock-ro', '/run/libvirt/libvirt-sock-ro'));
    expect(parseLibvirtUri('qemu:///session?mode=legacy', options).address).toEqual(unix('/home/u/.cache/libvirt/libvirt-sock'));
    expect(parseLibvirtUri('qemu:///system?socket=/s', options).address).toEqual(unix('/s'));
  });

  it.each([
    ['qemu+tls://h/system', /transport tls is not supported; use \+tcp/],
    ['qemu://h/system', /transport tls \(which libvirt takes for a URI with a host/],
    ['qemu+ssh://root@h/system', /transport ssh is not supported; forward the socket/],
    ['qemu+libssh2://h/system', /transport libssh2 is not supported; forward the socket/],
    ['qemu+ext:///system', /transport ext is not supported/],
    ['qemu+carrier://h/system', /transport carrier is not supported; allowed: unix, tcp/],
    ['esx://h/', /unknown driver "esx"; allowed: qemu/],
    ['constructor:///system', /unknown driver/],
    ['qemu+tcp:///system', /needs a host/],
    ['qemu+unix://h/system', /takes no host/],
    ['qemu+tcp://h:0/system', /port 0; allowed/],
    ['qemu+tcp://h:99999/system', /port 99999/],
    ['qemu+tcp://h:x/system', /is no \[user@\]host/],
    ['qemu+tcp://h/system?socket=/s', /socket is for transport unix/],
    ['qemu:///system?mode=fast', /allowed: auto, direct, legacy/],
    ['qemu:///system?socket=relative', /no absolute path/],
    ['qemu:///session', /needs XDG_RUNTIME_DIR or HOME/],
    ['qemu', /not of the form/],
    ['', /not of the form/],
    ['QEMU:///system', /not of the form/],
  ])('refuses %s', (uri, text) => {
    expect(() => parseLibvirtUri(uri, { environment: {} })).toThrow(UriError);
    expect(() => parseLibvirtUri(uri, { environment: {} })).toThrow(text);
  });
});
