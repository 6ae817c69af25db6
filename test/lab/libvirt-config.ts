/** The two files that a host's libvirtd reads, in libvirt's own configuration format. Nothing is taken from the machine's. */

export interface HostConfig {
  /** The only address that libvirtd listens on for TCP. */
  address: string;
  /** Hosts on one machine would all take its hardware's UUID and refuse to migrate between each other. */
  hostUuid: string;
  /** More lines for libvirtd.conf, for example `max_client_requests = 20`. */
  extraLibvirtd?: readonly string[];
  /** More lines for qemu.conf. */
  extraQemu?: readonly string[];
}

export const LIBVIRT_TCP_PORT = 16509;

export function libvirtdConf(host: HostConfig): string {
  return lines([
    'listen_tls = 0',
    'listen_tcp = 1',
    `listen_addr = "${host.address}"`,
    `tcp_port = "${LIBVIRT_TCP_PORT}"`,
    'auth_tcp = "none"',
    'auth_unix_ro = "none"',
    'auth_unix_rw = "none"',
    'unix_sock_ro_perms = "0777"',
    'unix_sock_rw_perms = "0700"',
    'mdns_adv = 0',
    `host_uuid = "${host.hostUuid}"`,
    'keepalive_interval = 5',
    'keepalive_count = 3',
    'log_outputs = "3:file:/var/log/libvirt/libvirtd.log"',
    ...(host.extraLibvirtd ?? []),
  ]);
}

/** No security driver, no mount namespaces, no cgroups, no change of file owners: all of them would act on the machine itself. */
export function qemuConf(host: HostConfig): string {
  return lines([
    'user = "root"',
    'group = "root"',
    'security_driver = "none"',
    'namespaces = [ ]',
    'cgroup_controllers = [ ]',
    'dynamic_ownership = 0',
    'remember_owner = 0',
    'stdio_handler = "file"',
    `migration_host = "${host.address}"`,
    `migration_address = "${host.address}"`,
    ...(host.extraQemu ?? []),
  ]);
}

function lines(entries: readonly string[]): string {
  return entries.map((entry) => `${entry}\n`).join('');
}
