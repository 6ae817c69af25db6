/**
 * The option `apps`: what is expected to run inside guests. Every option carries its help text, from which the configuration
 * reference is generated. The same declaration, without the domains, may stand in a domain's own metadata.
 *
 * `configSchema` takes it in as `apps: appsOption(probe)`, with the schema of a probe that selectors have too.
 */
import { z } from 'zod';
import { check } from './checks.ts';
import type { ProbeConfig } from './schema.ts';

/** Apps that are looked after in one domain; the time that a look takes grows with them. */
export const MOST_APPS_OF_A_DOMAIN = 32;

/** A command is handed to the guest's kernel through a buffer of 256 bytes, of which the shell that opens its files takes a part. */
const COMMAND = { mostParts: 8, mostCharacters: 128 };
/** The agent takes it as JSON; this is for people who read it. */
const AGENT_COMMAND = { mostParts: 32, mostCharacters: 4096 };
const MOST_PROCESSES = 1_000_000;
const MOST_SECONDS = 86_400;

const seconds = (help: string, fallback: number) => z.number().min(0).max(MOST_SECONDS).default(fallback).describe(help);
/** Shell-style pattern: `*` any characters, `?` one. */
const pattern = z.string().min(1).max(256);

const name = z
  .string()
  .regex(/^[0-9A-Za-z][0-9A-Za-z._-]{0,62}$/, 'expected letters, digits, dots, underscores and hyphens, beginning with a letter or digit, at most 63')
  .describe('Name of the app: the value of the label `app`. Where two declarations of one name hold for a domain, the first one rules, and this file rules over the metadata of the domain.');

const domains = z
  .strictObject({
    name: pattern.optional().describe("Pattern for the domain's name."),
    host: pattern.optional().describe("Pattern for the host's name."),
    uuid: z.guid().toLowerCase().optional().describe('Exactly this domain.'),
  })
  .default({})
  .describe('In which domains it is expected; all conditions must hold. Empty: in every domain.');

const match = z
  .strictObject({
    unit: pattern.optional().describe('Pattern for the systemd unit that the process belongs to, e.g. `nginx.service`. The surest of the three: it is in kernel memory, which is never swapped out.'),
    executable: pattern
      .regex(/^[/*?]/, 'expected an absolute path such as `/usr/sbin/nginx`, or a pattern that begins with `*` or `?`')
      .optional()
      .describe('Pattern for the absolute path of the executable, e.g. `/usr/sbin/nginx` or `/opt/*/bin/java`. Of a script it is the interpreter.'),
    commandLine: pattern
      .optional()
      .describe('Pattern for the whole command line, its arguments joined by one blank, e.g. `*/java * -jar shop.jar*`. Give `unit` or `executable` too, or an editor that has a file of that name open counts as the app.'),
  })
  .optional()
  .describe("Which of the guest's processes are the app; all conditions must hold, at least one is needed. `*` stands for any characters, `?` for one. Left out: guests are not looked into for it, and the probes alone tell.");

const processes = z
  .strictObject({
    minimum: z.int().min(0).max(MOST_PROCESSES).default(1).describe('Least number of processes. None where some are expected is `app_down`, fewer are `app_degraded`. 0: it may be absent.'),
    maximum: z.int().min(1).max(MOST_PROCESSES).optional().describe('Largest number of processes; more are `app_degraded`. Default: no limit.'),
  })
  .prefault({})
  .describe('How many processes the app has. Zombies do not count.');

const start = z
  .strictObject({
    unit: z
      .string()
      .regex(/^[0-9A-Za-z:_.@\\][0-9A-Za-z:_.@\\-]{0,191}\.service$/, 'expected the full name of a systemd service such as `nginx.service`, at most 200 characters, without a pattern')
      .optional()
      .describe('The systemd service that is restarted.'),
    command: z
      .array(z.string().regex(/^[0-9A-Za-z_@%+=:,./-]{1,128}$/, 'expected letters, digits and `_@%+=:,./-`, without blanks or quotes; what needs more belongs into a script in the guest'))
      .min(1)
      .max(COMMAND.mostParts)
      .optional()
      .describe(`The command that starts it, as root: an absolute path and its arguments, together at most ${COMMAND.mostCharacters} characters. It has to put itself into the background or be the app. A unit is better: systemd gives it its own user, limits and log.`),
    agentCommand: z
      .array(z.string().min(1).max(AGENT_COMMAND.mostCharacters).regex(/^[^\0]+$/, 'expected text without a NUL character'))
      .min(1)
      .max(AGENT_COMMAND.mostParts)
      .optional()
      .describe(`The command that the QEMU guest agent runs: an absolute path and its arguments, handed over as they are, together at most ${AGENT_COMMAND.mostCharacters} characters. It ends what there is of the app and starts it. For guests other than Linux, e.g. \`[C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe, -Command, Restart-Service -Force W3SVC]\`. Needs \`guest.agent\` and the selector's \`guestAgent\`.`),
  })
  .optional()
  .describe('How it is started again: exactly one of `unit`, `command` and `agentCommand`. Default: the unit of `match.unit` where that is the plain name of a service; otherwise its faults are only told of.');

const tolerate = z
  .strictObject({
    startSeconds: seconds("How long it may take after the guest's boot to appear, and after its own start to listen and to answer its probes.", 120),
    absentSeconds: seconds('How long all its processes may be gone, e.g. while it is restarted inside the guest. Two good process lists in a row without it are needed in any case.', 2),
    stoppedSeconds: seconds('How long all its processes may be stopped (state T) before it is `app_hung`. Traced ones (state t) are a debugger at work and tolerated.', 10),
    stoppedUnansweredSeconds: seconds(
      'The same, in two looks or more, for processes of system services of systemd, where a second proof shows that clients are kept waiting: connections stand in its accept queue and none is accepted (needs `backlog.enabled`), or a probe that it had answered fails. Raise it too where stops are meant, as by a backup that freezes the app; from `stoppedSeconds` on it has no effect.',
      1,
    ),
    uninterruptibleSeconds: seconds('How long all its processes may wait for a device or a file server (state D) without using any CPU before it is `app_hung`.', 120),
    outOfRangeLists: z.int().min(2).max(1000).default(5).describe('Good process lists in a row in which the number of processes, the memory or the listening port is not as it should be before it is `app_degraded`.'),
  })
  .prefault({})
  .describe('What is borne before it is a fault.');

const backlog = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Tell by the accept queue of its listening sockets whether the app still serves.'),
    seconds: seconds('How long connections may wait in an accept queue that only grows, while the app uses next to no CPU and starts no process, before it is `app_hung`.', 10),
    growth: z.int().min(1).max(65_535).default(2).describe('By how many connections the queue must have grown in that time, unless it is full: new clients are what shows that somebody wants to be served.'),
  })
  .prefault({})
  .describe('The accept queue of `port`, or of every port that the app listens on where none is declared.');

/** The options that an app has wherever it is declared. */
function declarationShape<Probe extends z.ZodType>(probe: Probe) {
  return {
    name,
    match,
    processes,
    memoryLimitBytes: z.int().min(1).optional().describe('Resident memory of all its processes together, bytes, above which it is `app_degraded`. Memory that they share counts for each. Default: no limit.'),
    port: z.int().min(1).max(65_535).optional().describe('TCP port on which it listens; if it runs and nobody does, it is `app_degraded`.'),
    start,
    probes: z.array(probe).max(4).default([]).describe('How to tell from outside that it serves; one that has failed as often as it says makes it `app_hung`. The only way for guests that cannot be looked into, such as Windows.'),
    tolerate,
    backlog,
  };
}

/** Schema of one app as a domain's metadata declares it: for that domain. */
export function appDeclaration<Probe extends z.ZodType>(probe: Probe) {
  return z.strictObject(declarationShape(probe)).superRefine(complain);
}

/** Schema of the option `apps`. */
export function appsOption<Probe extends z.ZodType>(probe: Probe) {
  const { name: first, ...rest } = declarationShape(probe);
  return z
    .array(z.strictObject({ name: first, domains, ...rest }).superRefine(complain))
    .max(10_000)
    .default([])
    .describe(`Apps that are expected inside guests. At most ${MOST_APPS_OF_A_DOMAIN} of them hold for one domain, the first ones.`);
}

/** Schema of the option of a domain selector that admits what the domain itself declares. */
export const appsInMetadata = z
  .boolean()
  .default(true)
  .describe("Take apps from the domain's libvirt metadata too. Whoever may define the domain then says which addresses are probed and what is started inside it.");

export type AppDeclaration = z.output<ReturnType<typeof appDeclaration<z.ZodType<ProbeConfig>>>>;
export type AppConfig = z.output<ReturnType<typeof appsOption<z.ZodType<ProbeConfig>>>>[number];
/** What one process has to fulfil. */
export type ProcessMatch = NonNullable<z.output<typeof match>>;

interface Declared {
  match?: ProcessMatch | undefined;
  processes: z.output<typeof processes>;
  start?: z.output<typeof start>;
  probes: readonly unknown[];
}

interface Complaint {
  path: (string | number)[];
  message: string;
}

/** What the parts alone cannot say. */
function complain(app: Declared, context: z.core.$RefinementCtx<unknown>): void {
  for (const { path, message } of [...aboutMatch(app), ...aboutCount(app), ...aboutStart(app), ...aboutProbes(app)]) context.addIssue({ code: 'custom', path, message });
}

function aboutMatch({ match: given, probes }: Declared): Complaint[] {
  if (given === undefined) return probes.length > 0 ? [] : [{ path: ['match'], message: 'expected `match` or at least one of `probes`: otherwise nothing tells whether the app runs' }];
  const isEmpty = Object.values(given).every((condition) => condition === undefined);
  return isEmpty ? [{ path: ['match'], message: 'expected at least one of `unit`, `executable`, `commandLine`' }] : [];
}

function aboutCount({ processes: { minimum, maximum } }: Declared): Complaint[] {
  return maximum !== undefined && maximum < minimum ? [{ path: ['processes', 'maximum'], message: `expected at least \`minimum\`, which is ${minimum}` }] : [];
}

function aboutStart({ start: given }: Declared): Complaint[] {
  if (given === undefined) return [];
  const { command, agentCommand } = given;
  if (Object.values(given).filter((one) => one !== undefined).length !== 1) return [{ path: ['start'], message: 'expected exactly one of `unit`, `command` and `agentCommand`' }];
  const complaints: Complaint[] = [];
  if (command !== undefined && command[0]?.startsWith('/') !== true) complaints.push({ path: ['start', 'command', 0], message: 'expected an absolute path such as `/usr/local/bin/start-shop`' });
  if (command !== undefined && command.join(' ').length > COMMAND.mostCharacters) {
    complaints.push({ path: ['start', 'command'], message: `expected at most ${COMMAND.mostCharacters} characters in all; a longer command belongs into a script in the guest` });
  }
  if (agentCommand !== undefined && !/^(?:\/|[A-Za-z]:[\\/])/.test(agentCommand[0] ?? '')) complaints.push({ path: ['start', 'agentCommand', 0], message: 'expected an absolute path such as `C:\\app\\restart.exe` or `/usr/local/bin/restart-shop`' });
  if (agentCommand !== undefined && agentCommand.join(' ').length > AGENT_COMMAND.mostCharacters) complaints.push({ path: ['start', 'agentCommand'], message: `expected at most ${AGENT_COMMAND.mostCharacters} characters in all` });
  return complaints;
}

/** The same templates are allowed as in the probes of a domain. */
function aboutProbes({ probes }: Declared): Complaint[] {
  const atProbes = ['domains', 0, 'probes'];
  return check({ domains: [{ probes }] })
    .filter(({ severity, path }) => severity === 'error' && atProbes.every((part, index) => path[index] === part))
    .map(({ path, message }) => ({ path: path.slice(2), message }));
}
