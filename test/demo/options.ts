import { parseArgs } from 'node:util';

export const BREAKS = ['vm-killed', 'vm-deleted', 'vm-hung', 'app-killed', 'app-hung'] as const;
export type BreakName = (typeof BREAKS)[number];

export interface DemoOptions {
  help: boolean;
  /** Stay up after the tour, also without a terminal. */
  keep: boolean;
  /** In the order of the tour. */
  breaks: BreakName[];
  hosts: number;
  /** Serve the Grafana plugin on a page of its own. */
  preview: boolean;
}

export class UsageError extends Error {
  override name = 'UsageError';
}

export const USAGE = `Usage: npm run demo -- [--break NAME]... [--hosts N] [--keep] [--no-preview] [--help]

Starts virtual machines on real libvirt hosts of its own, with Prometheus, Alertmanager and virtmedic, breaks some of the
machines, and the web server inside one, and shows how virtmedic brings them back, with times since each fault. On a terminal
everything then stays up until Ctrl-C. Nothing else on this machine is touched; nothing is left behind.

  --break NAME   only this fault (may be repeated): ${BREAKS.join(', ')}
  --hosts N      hypervisors, 1 to 8 (default 2)
  --keep         stay up after the tour also without a terminal
  --no-preview   without the page that shows the Grafana plugin with what happens here
  --help         this text

Exit code: 0 everything recovered; 1 something failed or did not recover in time; 2 wrong command line;
130 or 143 when the tour was interrupted.
`;

const MAX_HOSTS = 8;

/** @throws UsageError that names the wrong word and the allowed ones */
export function parseOptions(argv: readonly string[]): DemoOptions {
  const values = parse(argv);
  const named = values.break ?? [];
  const wrong = named.find((name) => !(BREAKS as readonly string[]).includes(name));
  if (wrong !== undefined) throw new UsageError(`--break ${wrong}: there are ${BREAKS.join(', ')}`);
  const hosts = Number(values.hosts);
  if (!/^\d+$/.test(values.hosts) || hosts < 1 || hosts > MAX_HOSTS) throw new UsageError(`--hosts ${values.hosts}: expected a number from 1 to ${MAX_HOSTS}`);
  const breaks = BREAKS.filter((name) => named.length === 0 || named.includes(name));
  return { help: values.help, keep: values.keep, breaks, hosts, preview: !values['no-preview'] };
}

function parse(argv: readonly string[]): { break?: string[]; hosts: string; keep: boolean; 'no-preview': boolean; help: boolean } {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        break: { type: 'string', multiple: true },
        hosts: { type: 'string', default: '2' },
        keep: { type: 'boolean', default: false },
        'no-preview': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
