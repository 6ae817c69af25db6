import { once } from 'node:events';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { DomainConnection, GuestActor, Handlers, HelperConfig, HelperLog, HelperPlace, QemuProcess } from '../guest/helper/index.ts';
import type { Terminal } from './context.ts';
import { CommandError, EXIT, EXIT_CODES_HELP } from './errors.ts';

export const DEFAULT_HELPER_CONFIG_FILE = '/etc/virtmedic/guest-helper.yaml';

const MOST_CONFIG_BYTES = 1_048_576;
const ONLY_OWNER = 0o077;

const HELP = `
It runs as root, on each hypervisor, and does what no other part of virtmedic may: it reads, and where allowed
writes, the memory of virtual machines. It takes orders over a unix socket from the users of its configuration:

  peers: [virtmedic]              # users that may ask, by name or number
  domains:                        # the first entry that matches a domain decides; others are never touched
    - match: { name: "web-*" }    # name, uuid or both
      read: true                  # processes, sockets and state of its guest
      write: false                # start and signal processes in it, restart its units
      sysrq: false                # over its serial console too, for guests without a keyboard
  qemuUsers: [libvirt-qemu]       # users that QEMU runs as; default: libvirt-qemu and qemu
  libvirtUri: qemu:///system      # libvirt on this machine: the way to QEMU's monitors
  runFolder: /run/virtmedic-helper
  stateFolder: /var/lib/virtmedic-helper
  pauseBudgetMs: 100              # processors of a guest stand still for no longer in one action

The file and every folder on its way are root's, and writable by nobody else. SIGHUP reads the domains anew;
SIGTERM and SIGINT end it, after what it is doing.`;

/** The root process that looks into guests. */
export function guestHelperCommand(terminal: Terminal): Command {
  return new Command('guest-helper')
    .description('Run the root helper that looks into guests, until SIGTERM or SIGINT.')
    .option('--config <file>', "the helper's own configuration file", DEFAULT_HELPER_CONFIG_FILE)
    .option('--check', 'only check the configuration file')
    .addOption(new Option('--log-level <level>', 'what to log').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .addHelpText('after', `${HELP}\n${EXIT_CODES_HELP}`)
    .showHelpAfterError('(--help shows how it is used)')
    .action((options: HelperOptions) => runHelper(options, terminal));
}

interface HelperOptions {
  config: string;
  check?: boolean;
  logLevel: string;
}

/** What reads memory and speaks with libvirt is loaded only here: other commands start faster, and with less, without it. */
async function runHelper({ config: given, check, logLevel }: HelperOptions, terminal: Terminal): Promise<void> {
  const file = resolve(given);
  const { HelperStartError, requireHelperUser, startHelper } = await import('../guest/helper/index.ts');
  try {
    requireHelperUser();
    const config = await loadHelperConfig(file);
    if (check === true) return terminal.out(`${file}: valid; ${config.peers.length} peers, ${config.domains.length} entries for domains\n`);
    const { pino } = await import('pino');
    const log = pino({ level: logLevel }, pino.destination(2));
    process.umask(ONLY_OWNER);
    process.chdir('/');
    const stopRequested = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    const guests = await workOnGuests(config.libvirtUri, log);
    const starting = startHelper({ config, handlers: guests.handlers, log });
    const reload = inTurn(async () => reloadDomains(file, config, await starting, log));
    process.on('SIGHUP', reload);
    const helper = await starting.catch(async (error: unknown) => {
      await guests.close();
      throw error;
    });
    log.info({ sockets: [...helper.sockets.values()], domains: config.domains.length }, 'the guest helper is running');
    await stopRequested;
    process.off('SIGHUP', reload);
    await helper.stop();
    await guests.close();
    log.info('the guest helper has ended');
  } catch (error) {
    if (error instanceof HelperStartError) throw new CommandError(error.reason === 'bad-config' ? EXIT.usage : EXIT.failed, `${error.reason}: ${error.message}`);
    throw error;
  }
}

/** One after the other, so that what was read last is what counts. */
function inTurn(work: () => Promise<void>): () => void {
  let turn = Promise.resolve();
  return () => void (turn = turn.then(work).catch(() => undefined));
}

const MONITOR_MS = 5000;

/** Guests by the memory of their QEMU, and by its monitor through libvirt on this machine. */
async function workOnGuests(uri: string, log: HelperLog): Promise<{ handlers(place: HelperPlace): Handlers; close(): Promise<void> }> {
  const [{ createGuestActor, createGuestReader, guestOpener, readingHandlers }, { openJournal }, { getDomainJobStats, getDomainXml, JobType, nameOf, qemuMonitor, superviseConnection }, { createProfiles }] = await Promise.all([
    import('../guest/helper/index.ts'),
    import('../guest/actions/index.ts'),
    import('../libvirt/index.ts'),
    import('../guest/index.ts'),
  ]);
  const libvirt = superviseConnection({ uri });
  const options = { deadlineMs: MONITOR_MS };
  const connect = ({ name, uuid }: QemuProcess): DomainConnection => {
    const domain = { name, uuid, id: -1 };
    return {
      monitor: qemuMonitor(libvirt, domain, options),
      async facts() {
        const [xml, job] = await Promise.all([libvirt.call(getDomainXml, { domain }, options), libvirt.call(getDomainJobStats, { domain }, options)]);
        return { xml, job: job.type === JobType.NONE ? null : String(nameOf(JobType, job.type)) };
      },
    };
  };
  const profiles = createProfiles();
  let reader: ReturnType<typeof createGuestReader> | null = null;
  let actor: GuestActor | null = null;
  return {
    handlers({ runFolder, undoFolder, finder, mostOpenGuests }) {
      reader = createGuestReader({ open: guestOpener((qemu) => connect(qemu).monitor, profiles), mostOpen: mostOpenGuests });
      actor = createGuestActor({ connect, journal: openJournal(undoFolder), runFolder, finder, log, profiles });
      actor.startHealing();
      return { ...readingHandlers(reader), ...actor.handlers };
    },
    async close() {
      await actor?.close();
      reader?.close();
      await libvirt.close();
    },
  };
}

/** A file with errors leaves what is allowed as it is. */
async function reloadDomains(file: string, running: HelperConfig, helper: { setOptIns(optIns: HelperConfig['domains']): void }, log: HelperLog): Promise<void> {
  try {
    const config = await loadHelperConfig(file);
    helper.setOptIns(config.domains);
    const rest = ({ domains: _domains, ...others }: HelperConfig): string => JSON.stringify(others);
    if (rest(config) !== rest(running)) log.warn({}, 'other options than domains were changed; they need a restart');
    log.info({ domains: config.domains.length }, 'the domains were read anew');
  } catch (error) {
    log.error({ err: error }, 'the configuration was not read anew; what was allowed stays allowed');
  }
}

/** @throws HelperStartError where others could change the file; ConfigError with all that is wrong in it */
async function loadHelperConfig(file: string): Promise<HelperConfig> {
  const [{ parseHelperConfig, readTrustedFile, HelperStartError, UntrustedPathError }, { parseYaml }, { ConfigError }] = await Promise.all([
    import('../guest/helper/index.ts'),
    import('../config/yaml.ts'),
    import('../config/errors.ts'),
  ]);
  const text = await readTrustedFile(file, 0, MOST_CONFIG_BYTES).catch((error: unknown) => {
    throw error instanceof UntrustedPathError ? new HelperStartError('unsafe-path', error.message, { cause: error }) : error;
  });
  const yaml = parseYaml(text, file);
  const { config, findings } = parseHelperConfig(yaml.value);
  if (config === null) throw new ConfigError(findings.map(({ path, message }) => yaml.problem(path, message)));
  return config;
}
