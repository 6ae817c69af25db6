import type { KernelChoice, KernelFlavour } from './guest/kernel-choice.ts';

export const WATCHDOG_ACTIONS = ['reset', 'shutdown', 'poweroff', 'pause', 'none', 'dump', 'inject-nmi'] as const;
export type WatchdogAction = (typeof WATCHDOG_ACTIONS)[number];

export interface GuestOptions {
  /** Also the libvirt domain's name. 1 to 31 lower-case letters, digits and `-`. */
  name: string;
  /** Default: 128. The cloud kernel needs 80 to boot, the full one 100; a guest that never runs can have 32. */
  memoryMiB?: number;
  vcpus?: number;
  /** Default: cloud. Only `full` has a watchdog driver. The others are for `lab.kernelGuest` and `lab.debianGuest`. */
  kernel?: KernelFlavour | KernelChoice;
  /** What runs in it. Default: tiny, busybox alone; `debian` is for `lab.debianGuest`. */
  system?: 'tiny' | 'debian';
  /** A second serial line with the lab's agent; set by `lab.kernelGuest` and `lab.debianGuest`. */
  agent?: boolean;
  /** Default: pc. RAM above 4 GiB is there with q35 from 2049 MiB on, with pc from 3073 MiB on. */
  machine?: 'pc' | 'q35';
  /** QEMU's name, for example `Haswell`; `max` is everything that emulation has. Default: qemu64. */
  cpu?: string;
  /** CPU features by name, added or taken away. */
  cpuFeatures?: Readonly<Record<string, boolean>>;
  /** False: no keyboard controller at all, so that no key ever arrives. Default: true. */
  keyboard?: boolean;
  /** Five levels need a CPU with `la57`, which `max` has; four are forced on the kernel's command line. Default: as the kernel likes. */
  pageTableLevels?: 4 | 5;
  /** The kernel's `pti=`. Default: as the kernel likes. */
  pageTableIsolation?: boolean;
  /** systemd's hierarchy. Default: 2, as Debian's systemd likes. */
  cgroups?: 1 | 2;
  /** An i6300esb watchdog with this action; the guest feeds it every 2 s. Needs `kernel: 'full'` to do anything. */
  watchdog?: WatchdogAction;
  /** Seconds without food after which the watchdog acts. Default: 10. */
  watchdogTimeoutSeconds?: number;
  /** An ISA pvpanic device: libvirt learns of a kernel panic. Default: false; a panic then looks like a hang. */
  panicDevice?: boolean;
  /** What libvirt does with a guest that panicked. Default: preserve. */
  onCrash?: 'preserve' | 'destroy' | 'restart' | 'rename-restart' | 'coredump-destroy' | 'coredump-restart';
  /** How often QEMU asks the guest for memory statistics; 0 asks never. Default: 2. */
  balloonPeriodSeconds?: number;
  /** Start with the host. Default: false. */
  autostart?: boolean;
  /** Content of `<metadata>`, verbatim. */
  metadataXml?: string;
  /** More devices for `<devices>`, verbatim. */
  devicesXml?: string;
  /** Attributes of the disk's `<driver>` element besides name and type, for example `error_policy='stop'`. */
  diskDriver?: Readonly<Record<string, string>>;
  /** Appended to the kernel's command line. */
  kernelArguments?: string;
}

/** What the lab adds to the options: addresses and files. */
export interface GuestPlacement {
  uuid: string;
  mac: string;
  /** With the prefix length, "10.213.0.50/24". */
  cidr: string;
  kernelPath: string;
  initramfsPath: string;
  diskPath: string;
  consolePath: string;
  /** Where QEMU listens for the agent's line. */
  agentPath: string;
  bridge: string;
}

const DEFAULT_WATCHDOG_TIMEOUT_SECONDS = 10;

/**
 * A libvirt domain definition (https://libvirt.org/formatdomain.html) for emulation only: type `qemu` is TCG, never KVM. One virtio disk,
 * one virtio network card on the bridge, a serial console into a file, a balloon.
 */
export function guestXml(options: GuestOptions, placement: GuestPlacement): string {
  const memoryMiB = options.memoryMiB ?? 128;
  return `<domain type='qemu'${options.keyboard === false ? ` ${QEMU_NAMESPACE}` : ''}>
  <name>${escapeXml(options.name)}</name>
  <uuid>${placement.uuid}</uuid>${options.metadataXml === undefined ? '' : `\n  <metadata>${options.metadataXml}</metadata>`}
  <memory unit='MiB'>${memoryMiB}</memory>
  <currentMemory unit='MiB'>${memoryMiB}</currentMemory>
  <vcpu>${options.vcpus ?? 1}</vcpu>
  <os>
    <type arch='x86_64' machine='${options.machine ?? 'pc'}'>hvm</type>
    <kernel>${escapeXml(placement.kernelPath)}</kernel>
    <initrd>${escapeXml(placement.initramfsPath)}</initrd>
    <cmdline>${escapeXml(kernelCommandLine(options, placement))}</cmdline>
  </os>
  <features><acpi/></features>
  ${cpuElement(options)}
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>${options.onCrash ?? 'preserve'}</on_crash>
  <devices>
${indent(deviceLines(options, placement))}
  </devices>${options.keyboard === false ? `\n${NO_KEYBOARD}` : ''}
</domain>
`;
}

const QEMU_NAMESPACE = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'";
/** libvirt has a word for it since 10.7.0 only. QEMU merges the two `-machine` options. */
const NO_KEYBOARD = "  <qemu:commandline>\n    <qemu:arg value='-machine'/>\n    <qemu:arg value='i8042=off'/>\n  </qemu:commandline>";

/** Unchecked: emulation lacks some features of real processors, and leaves them out with a warning. */
function cpuElement({ cpu = 'qemu64', cpuFeatures = {} }: GuestOptions): string {
  const features = Object.entries(cpuFeatures).map(([name, there]) => `<feature${attributes({ policy: there ? 'require' : 'disable', name })}/>`).join('');
  if (cpu === 'max') return `<cpu mode='maximum'>${features}</cpu>`;
  return `<cpu mode='custom' match='exact'${cpu === 'qemu64' ? '' : " check='none'"}><model fallback='allow'>${escapeXml(cpu)}</model>${features}</cpu>`;
}

function kernelCommandLine(options: GuestOptions, placement: GuestPlacement): string {
  return [
    // Servers of Debian listen on IPv6 too, and some fail without.
    `console=ttyS0 quiet panic=0${options.system === 'debian' ? '' : ' ipv6.disable=1'}`,
    `lab.name=${options.name}`,
    `lab.address=${placement.cidr}`,
    `lab.watchdog=${options.watchdogTimeoutSeconds ?? DEFAULT_WATCHDOG_TIMEOUT_SECONDS}`,
    ...(options.pageTableLevels === 4 ? ['no5lvl'] : []),
    ...(options.pageTableIsolation === undefined ? [] : [`pti=${options.pageTableIsolation ? 'on' : 'off'}`]),
    ...(options.cgroups === 1 ? ['systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1'] : []),
    ...(options.system === 'debian' ? [`systemd.hostname=${options.name} systemd.machine_id=${placement.uuid.replaceAll('-', '')}`] : []),
    ...(options.kernelArguments === undefined ? [] : [options.kernelArguments]),
  ].join(' ');
}

function deviceLines(options: GuestOptions, placement: GuestPlacement): string[] {
  const driver = { name: 'qemu', type: 'qcow2', cache: 'none', ...options.diskDriver };
  const period = options.balloonPeriodSeconds ?? 2;
  return [
    '<emulator>/usr/bin/qemu-system-x86_64</emulator>',
    "<controller type='usb' model='none'/>",
    "<disk type='file' device='disk'>",
    `  <driver${attributes(driver)}/>`,
    `  <source${attributes({ file: placement.diskPath })}/>`,
    "  <target dev='vda' bus='virtio'/>",
    '</disk>',
    "<interface type='bridge'>",
    `  <mac${attributes({ address: placement.mac })}/>`,
    `  <source${attributes({ bridge: placement.bridge })}/>`,
    "  <model type='virtio'/>",
    '</interface>',
    `<serial type='file'><source${attributes({ path: placement.consolePath, append: 'on' })}/>${options.agent === true ? "<target port='0'/>" : ''}</serial>`,
    ...(options.agent === true ? [`<serial type='unix'><source${attributes({ mode: 'bind', path: placement.agentPath })}/><target port='1'/></serial>`] : []),
    period === 0 ? "<memballoon model='virtio'/>" : `<memballoon model='virtio'><stats period='${period}'/></memballoon>`,
    ...(options.panicDevice === true ? ["<panic model='isa'/>"] : []),
    ...(options.watchdog === undefined ? [] : [`<watchdog${attributes({ model: 'i6300esb', action: options.watchdog })}/>`]),
    ...(options.devicesXml === undefined ? [] : [options.devicesXml]),
  ];
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([name, value]) => ` ${name}='${escapeXml(value)}'`).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;', '"': '&quot;' };

export function escapeXml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => ENTITIES[character] ?? character);
}

function indent(entries: readonly string[]): string {
  return entries.map((entry) => `    ${entry}`).join('\n');
}
