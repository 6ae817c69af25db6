/**
 * The configuration file. Every option carries its help text, from which the configuration reference is generated.
 * Unknown keys are errors, so that a misspelt safety option is not silently ignored.
 */
import { z } from 'zod';
import { ACTIONS, APP_ACTIONS } from '../vocabulary.ts';
import { parseListen } from './address.ts';
import { appsInMetadata, appsOption } from './apps.ts';

const MOST_SECONDS = 86_400 * 365;
const seconds = (help: string, fallback: number) => z.number().positive().max(MOST_SECONDS).default(fallback).describe(help);
/** Shell-style pattern: `*` any characters, `?` one. */
const pattern = z.string().min(1).max(256);

const listen = (fallback: string, help: string) =>
  z
    .string()
    .refine((text) => parseListen(text) !== null, 'expected `HOST:PORT`, `[IPv6]:PORT` or `:PORT` (all addresses), the port from 0 (any free one) to 65535')
    .default(fallback)
    .describe(help);

const host = z.strictObject({
  name: z
    .string()
    .regex(/^[0-9A-Za-z][0-9A-Za-z._-]{0,62}$/, 'expected letters, digits, dots, underscores and hyphens, beginning with a letter or digit, at most 63')
    .describe('Name of the host: the value of the label `host`.'),
  uri: z.string().min(1).max(1024).describe('libvirt URI, e.g. `qemu:///system` or `qemu+tcp://10.0.0.11/system`.'),
  migrationUri: z.string().min(1).max(1024).optional().describe('libvirt URI by which the daemons of other hosts reach this one, to migrate domains to it. Default: `uri` where that goes over the network; otherwise nothing is migrated to this host.'),
});

const token = z.strictObject({
  name: z.string().min(1).max(64).describe('Whose token it is: the acting person or system in history.'),
  token: z.string().min(16).max(512).optional().describe('The bearer token itself, at least 16 characters. Exactly one of `token` and `tokenFile` is given; `tokenFile` is better.'),
  tokenFile: z.string().min(1).max(4096).optional().describe('File that holds the token, white space at its ends ignored. Others than its owner may not write it, only its group may read it. A relative path starts at the folder of the configuration file.'),
  scopes: z
    .array(z.enum(['read', 'webhook', 'operate', 'admin']))
    .min(1)
    .describe('`read`: the read API. `webhook`: deliver alerts. `operate`: actions, maintenance, acknowledge, close, pause, settings. `admin`: also forget and reload. Each later one includes `read`; `admin` includes all.'),
});

const probe = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('tcp').describe('A TCP connection is accepted.'),
    address: z.string().min(1).describe('Host name or address; `{domain}` stands for the domain\'s name.'),
    port: z.int().min(1).max(65_535).describe('TCP port.'),
    intervalSeconds: seconds('Time between two probes.', 5),
    timeoutSeconds: seconds('Limit of one probe.', 2),
    failures: z.int().min(1).max(100).default(3).describe('Consecutive failures that count as failed.'),
  }),
  z.strictObject({
    type: z.literal('http').describe('An HTTP GET answers with an expected status.'),
    url: z.string().min(1).describe('http:// URL; `{domain}` stands for the domain\'s name.'),
    status: z.array(z.int().min(100).max(599)).default([200]).describe('Statuses that count as an answer.'),
    intervalSeconds: seconds('Time between two probes.', 5),
    timeoutSeconds: seconds('Limit of one probe.', 2),
    failures: z.int().min(1).max(100).default(3).describe('Consecutive failures that count as failed.'),
  }),
]);

const rung = z.strictObject({
  action: z.enum(ACTIONS).describe('What is done.'),
  timeoutSeconds: seconds('Limit of the attempt with its verification.', 90),
  delaySeconds: z.number().min(0).max(3600).optional().describe('Wait before this rung, after the end of the one before.'),
});

const ladder = z.strictObject({
  rungs: z.array(rung).min(1).max(20).describe('Attempts in order. After the last one the incident is escalated.'),
  budget: z
    .strictObject({
      recoveries: z.int().min(1).max(1000).describe('Recoveries of one domain or app allowed in the window; the next one is escalated.'),
      windowSeconds: seconds('Length of the sliding window.', 1800),
    })
    .nullable()
    .default(null)
    .describe('Restart budget. Null: unlimited.'),
  cooldownSeconds: z.number().min(0).max(86_400).default(0).describe('Least time between the end of one recovery and the first action of the next.'),
});

export const CONFIGURABLE_LADDERS = [
  'domain_crashed',
  'domain_stopped',
  'domain_panicked',
  'domain_hung',
  'domain_paused',
  'domain_missing',
  'domain_failing',
  'app_down',
  'app_hung',
  'app_degraded',
] as const;

const FORECAST_ACTIONS: readonly string[] = ['notify', 'migrate'];
const APP_LADDER_ACTIONS: readonly string[] = ['notify', ...APP_ACTIONS, 'reset'];
/** Actions that stand in the ladders of some faults only. */
const SPECIAL_ACTIONS: readonly string[] = ['migrate', ...APP_ACTIONS];

/** What is wrong with an action in the ladder of a fault; null: nothing. */
function misplaced(fault: string, action: string): string | null {
  if (fault === 'domain_failing') return FORECAST_ACTIONS.includes(action) ? null : 'expected `notify` or `migrate`: a forecast is no reason to end a guest that runs';
  if (fault.startsWith('app_')) return APP_LADDER_ACTIONS.includes(action) ? null : `expected one of ${APP_LADDER_ACTIONS.map((one) => `\`${one}\``).join(', ')}: of all that may be done to a domain, only \`reset\` mends an app in it`;
  if (!SPECIAL_ACTIONS.includes(action)) return null;
  return action === 'migrate' ? 'only the ladder of `domain_failing` may migrate: what has failed is not mended by moving it' : 'only the ladders of `app_down`, `app_hung` and `app_degraded` may name it: it is done to an app inside the guest';
}

const ladders = z
  .strictObject(Object.fromEntries(CONFIGURABLE_LADDERS.map((fault) => [fault, ladder.optional()])) as Record<
    (typeof CONFIGURABLE_LADDERS)[number],
    z.ZodOptional<typeof ladder>
  >)
  .superRefine((given, context) => {
    for (const [fault, own] of Object.entries(given)) {
      for (const [index, { action }] of (own?.rungs ?? []).entries()) {
        const message = misplaced(fault, action);
        if (message !== null) context.addIssue({ code: 'custom', path: [fault, 'rungs', index, 'action'], message });
      }
    }
  })
  .describe('Replaces the default ladder of a fault class as a whole. `domain_failing` takes `notify` and `migrate`; `migrate` stands nowhere else. The faults of apps take `notify`, `restart_app`, `start_process`, `kill_process` and, where it is wanted, the domain\'s `reset`; what is done to apps stands nowhere else.');

const selector = z.strictObject({
  match: z
    .strictObject({
      name: pattern.optional().describe('Pattern for the domain\'s name.'),
      host: pattern.optional().describe('Pattern for the host\'s name.'),
      uuid: z.guid().toLowerCase().optional().describe('Exactly this domain.'),
    })
    .default({})
    .describe('Which domains; all conditions must hold. Empty: every domain.'),
  managed: z.boolean().default(false).describe('Recover these domains. Nothing else is ever touched.'),
  dryRun: z.boolean().optional().describe('Decide and record, do nothing. Default: `recovery.dryRun`.'),
  restartPolicy: z
    .enum(['on-failure', 'always'])
    .default('on-failure')
    .describe('`on-failure`: a stop ordered by a person or the guest is respected. `always`: any stop that virtmedic was not told of is a fault.'),
  trigger: z
    .enum(['alert', 'direct'])
    .default('alert')
    .describe('What releases the first action: an alert delivered by Alertmanager, or the libvirt event itself.'),
  relocate: z.boolean().default(false).describe('May be started on another host. Needs shared storage and libvirt autostart off.'),
  restartPaused: z.boolean().default(false).describe('A domain paused by an I/O error may be restarted when resuming fails.'),
  probes: z.array(probe).max(8).default([]).describe('How to tell from outside that the domain serves.'),
  appsInMetadata,
  guestAgent: z
    .boolean()
    .default(false)
    .describe('Apps in these domains may be started again by the QEMU guest agent in them, after the ways from outside. Needs `guest.agent: true` too. The agent runs programs as root, on Windows as Local System.'),
  ladders: ladders.optional(),
});

export const configSchema = z.strictObject({
  hosts: z.array(host).min(1).max(10_000).describe('The hypervisors to watch.'),
  web: z
    .strictObject({
      listen: listen(':9177', '`HOST:PORT`, `[IPv6]:PORT`, or `:PORT` for every address: where metrics, health and landing page are. The read API is there too, without a token only on loopback.'),
    })
    .prefault({})
    .describe('Public listener.'),
  control: z
    .strictObject({
      listen: listen('127.0.0.1:9178', 'Where the webhook and every action are. Refuses to leave loopback without tokens.'),
      tokens: z.array(token).max(100).default([]).describe('Bearer tokens. None: no authentication, loopback only; what a proxy on this machine hands on may then only read.'),
      maxBodyBytes: z.int().min(1024).max(67_108_864).default(16_777_216).describe('Largest request body, bytes.'),
    })
    .prefault({})
    .describe('Control listener.'),
  store: z
    .strictObject({
      path: z.string().min(1).default('/var/lib/virtmedic/virtmedic.db').describe('SQLite file; its folder must exist and be writable.'),
      retentionDays: z.number().positive().max(36_500).default(365).describe('How long ended recoveries are kept.'),
    })
    .prefault({})
    .describe('History and state.'),
  sampling: z
    .strictObject({
      intervalSeconds: z
        .number()
        .min(0.5)
        .max(MOST_SECONDS)
        .default(15)
        .describe('Time between two listings and samples of every host (EDR\'s salvage time). `POST /api/v1/settings` may override it while virtmedic runs.'),
    })
    .prefault({})
    .describe('Sampler.'),
  libvirt: z
    .strictObject({
      connectTimeoutSeconds: seconds('Limit for opening a connection.', 10),
      callTimeoutSeconds: seconds('Limit of one call.', 10),
      maxCallsInFlight: z.int().min(1).max(100).default(4).describe('Calls under way at once on one connection. Keep it below the daemon\'s `max_client_requests` (5 by default): a daemon with that many under way reads nothing more from the connection, keepalives included.'),
      keepaliveIntervalSeconds: seconds('Keepalive interval.', 5),
      keepaliveCount: z.int().min(1).max(100).default(3).describe('Unanswered keepalives that end a connection.'),
    })
    .prefault({})
    .describe('Connections to libvirt.'),
  metrics: z
    .strictObject({
      collectors: z
        .array(z.enum(['info', 'cpu', 'vcpu', 'memory', 'block', 'interface', 'pool', 'host']))
        .default(['info', 'cpu', 'vcpu', 'memory', 'block', 'interface', 'pool', 'host'])
        .describe('Which groups of `libvirt_*` and `virtmedic_host_*` series are collected. Only what is exported is asked of libvirt.'),
      scrapeTimeoutSeconds: seconds('A scrape never takes longer; what did not answer by then is left out. Where the scraper says how long it waits, as Prometheus does, 0.8 of that holds if it is less.', 8),
    })
    .prefault({})
    .describe('Exporter.'),
  alertmanager: z
    .strictObject({
      urls: z.array(z.url({ protocol: /^https?$/, error: 'expected an `http://` or `https://` URL' })).max(16).default([]).describe('Alertmanagers to ask for active alerts and silences, e.g. `http://127.0.0.1:9093`.'),
      pollIntervalSeconds: seconds('How often they are asked while an incident waits for its alert.', 5),
      timeoutSeconds: seconds('Limit of one question.', 3),
      onUnreachable: z
        .enum(['proceed', 'hold'])
        .default('proceed')
        .describe('What an incident does that was released while no Alertmanager can say whether it is silenced.'),
    })
    .prefault({})
    .describe('The way back from Alertmanager.'),
  inventory: z
    .strictObject({ file: z.string().min(1).describe('YAML file with the domains that are to exist and whether they are to run.') })
    .optional()
    .describe('Desired state from a file; domains that are not in it are reported as `domain_unknown`.'),
  recovery: z
    .strictObject({
      dryRun: z.boolean().default(false).describe('Decide and record everything, do nothing.'),
      concurrency: z
        .strictObject({
          global: z.int().min(1).max(1000).default(8).describe('Recoveries under way at once.'),
          perHost: z.int().min(1).max(100).default(2).describe('Of them, on one host.'),
        })
        .prefault({})
        .describe('Bounds on simultaneous recoveries.'),
      blastRadius: z
        .strictObject({
          minimum: z.int().min(1).max(10_000).default(5).describe('This many faults inferred from absence or silence on one host are always believed.'),
          ratio: z.number().min(0).max(1).default(0.3).describe('Above the larger of `minimum` and this share of the host\'s domains they are held.'),
        })
        .prefault({})
        .describe('Many silent domains at once mean a broken host or network, not broken domains.'),
      migrations: z
        .strictObject({
          atOnce: z.int().min(1).max(100).default(1).describe('Live migrations under way at once, over all hosts. From one host there is never more than one.'),
          perHour: z.int().min(1).max(10_000).default(4).describe('Live migrations that policy begins within an hour, over all hosts. The next one waits.'),
          domainCooldownSeconds: z.number().min(0).max(86_400).default(3600).describe('Least time between two migrations of one domain: what fails on the other host too is not helped by moving it back.'),
        })
        .prefault({})
        .describe('Bounds on live migrations. A forecast may be wrong for many domains at once.'),
      verifySeconds: seconds('How long a domain must have been running to count as recovered.', 5),
      ladders: ladders.optional(),
    })
    .prefault({})
    .describe('Policy for all domains.'),
  prediction: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Forecast the failure of every domain and host.'),
      horizonSeconds: z
        .array(z.number().positive().max(86_400))
        .min(1)
        .max(8)
        .default([60, 300])
        .describe('How far the forecasts look ahead: probability of being abnormal or failed within this time. The first is the one that alarms.'),
      form: z.enum(['filter', 'viterbi']).default('filter').describe('`filter`: over all paths of hidden states. `viterbi`: the likeliest path, the published form.'),
      alarm: z
        .strictObject({
          raiseAbove: z.number().min(0.01).max(1).default(0.8).describe('From this probability on a target is failing.'),
          raiseForSeconds: z.number().min(0).max(3600).default(10).describe('For so long it must have been there before.'),
          clearBelow: z.number().min(0).max(0.99).default(0.4).describe('Below it is no longer. Between the two it stays what it was.'),
          clearForSeconds: z.number().min(0).max(3600).default(30).describe('For so long it must have been there before.'),
        })
        .prefault({})
        .refine(({ raiseAbove, clearBelow }) => clearBelow < raiseAbove, 'expected `clearBelow` below `raiseAbove`')
        .describe('When a probability becomes the fault `domain_failing` or `host_degraded`.'),
      folder: z.string().min(1).optional().describe('Where models, habits and recorded observations are kept. Default: `prediction` beside the store.'),
      training: z
        .strictObject({
          enabled: z.boolean().default(true).describe('Train models on what was observed here. Otherwise those that are there are used, or the built-in one.'),
          nightlyAt: z.string().min(9).max(100).default('41 2 * * *').describe('When all models are trained anew, as a cron expression in local time.'),
          onlineSeconds: z.number().min(60).max(86_400).default(3600).describe('How often models follow the newest observations.'),
          keepDays: z.number().positive().max(365).default(14).describe('How long observations are kept for training.'),
          workers: z.int().min(1).max(64).default(1).describe('Threads that train at once.'),
        })
        .prefault({})
        .describe('Training.'),
    })
    .prefault({})
    .describe('Forecast of failures.'),
  domains: z.array(selector).max(10_000).default([]).describe('Selectors in order; the first that matches a domain rules it. None: the domain is watched, never touched.'),
  apps: appsOption(probe),
  guest: z
    .strictObject({
      helperFolder: z
        .string()
        .regex(/^\/[\x21-\x7e]{0,79}$/, 'expected an absolute path of at most 80 characters without blanks: the `runFolder` of the guest helper')
        .nullable()
        .default(null)
        .describe('Folder in which the guest helper of this machine has its sockets: its `runFolder`, an absolute path such as `/run/virtmedic-helper`. It alone looks into guests, as root. Null: guests are not looked into, and apps are told by their probes alone.'),
      intervalSeconds: z.number().min(0.5).max(60).default(2).describe('Time between two looks into a guest.'),
      agent: z
        .boolean()
        .default(false)
        .describe('Where the ways from outside are not there or refuse, ask the QEMU guest agent of the domains whose selector has `guestAgent: true`, through libvirt of their hosts, this machine or not. libvirt then marks a domain as tainted (`custom-ga-command`).'),
      showArguments: z.boolean().default(false).describe('Show whole command lines of guests\' processes in the API, to whoever may read it. They often hold passwords and tokens. By default: the name of the executable and the number of arguments.'),
    })
    .prefault({})
    .describe('Looking into guests that run on this machine.'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severity that is logged.'),
    })
    .prefault({})
    .describe('Logging, JSON lines on standard error.'),
});

export type Config = z.infer<typeof configSchema>;
export type DomainSelector = Config['domains'][number];
export type ProbeConfig = DomainSelector['probes'][number];
export type LadderConfig = z.infer<typeof ladder>;
