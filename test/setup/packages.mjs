// @ts-check

/**
 * @typedef {object} WantedPackage
 * @property {string} name Debian package
 * @property {string} reason what needs it
 * @property {true} [optional] left out where installing it would upgrade or remove something; only the native libvirt binding misses it
 */

/**
 * Everything that the lab, the tests and the demo need from Debian 12.
 *
 * `libvirt-daemon-system` is deliberately absent: it starts and enables services, and on an older point release it
 * would upgrade systemd. The lab starts its own libvirtd from `libvirt-daemon`, which brings the program alone.
 * Guest kernels and mmdebstrap are not installed either: the guest build only downloads and unpacks them.
 * The compiler is optional: its packages want exactly the archive's libc and libgcc, so that a system that was not upgraded for
 * a while cannot have them without an upgrade.
 *
 * @type {readonly WantedPackage[]}
 */
export const WANTED_PACKAGES = Object.freeze([
  { name: 'libvirt-daemon', reason: 'libvirtd, one for each host of the lab' },
  { name: 'libvirt-daemon-driver-qemu', reason: 'libvirt driver for QEMU' },
  { name: 'libvirt-clients', reason: 'virsh, a witness in the tests and a tool by hand' },
  { name: 'qemu-system-x86', reason: 'runs the guests, emulated (no KVM)' },
  { name: 'qemu-utils', reason: 'qemu-img, makes and checks guest disks' },
  { name: 'prometheus', reason: 'Prometheus and promtool' },
  { name: 'prometheus-alertmanager', reason: 'Alertmanager and amtool' },
  { name: 'prometheus-libvirt-exporter', reason: 'the exporter that the scrape benchmark compares with' },
  { name: 'python3-libvirt', reason: "libvirt's own client library, a witness in the tests" },
  { name: 'busybox-static', reason: 'user land of the tiny guests' },
  { name: 'cpio', reason: 'packs the guest initramfs' },
  { name: 'e2fsprogs', reason: 'makes file systems for guest disks' },
  { name: 'xz-utils', reason: 'unpacks kernel modules for guests' },
  { name: 'perl', reason: 'runs mmdebstrap, which builds the Debian guest' },
  { name: 'debian-archive-keyring', reason: "checks the Debian guest's packages" },
  { name: 'iproute2', reason: 'network namespaces and links of the lab' },
  { name: 'util-linux', reason: 'unshare and nsenter' },
  { name: 'procps', reason: 'ps and sysctl' },
  { name: 'chromium', reason: 'the browser in which the Grafana plugin is tested' },
  { name: 'fonts-inter', reason: "Grafana's font, for screenshots as people see them" },
  { name: 'libvirt-dev', reason: 'headers for the native libvirt binding, a witness in the tests', optional: true },
  { name: 'g++', reason: 'compiles the native libvirt binding', optional: true },
  { name: 'make', reason: 'builds the native libvirt binding', optional: true },
  { name: 'python3', reason: 'node-gyp and python3-libvirt' },
  { name: 'pkg-config', reason: 'finds libvirt for the native binding', optional: true },
  { name: 'ca-certificates', reason: 'HTTPS to the package registries' },
]);
