/** What backtest and train ask about a Prometheus, in the same words. */
import type { Command } from 'commander';

export interface PrometheusOptions {
  prometheus?: string;
  domain?: string[];
  host?: string[];
  hostLabel: string;
  tokenFile?: string;
  user?: string;
  passwordFile?: string;
}

export const SOURCE_EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    failed, or nothing usable was found
  2    wrong usage, or a file that cannot be used
  3    Prometheus cannot be reached
  130  interrupted`;

export function addPrometheusOptions(command: Command): Command {
  const several = (text: string, before: string[] = []): string[] => [...before, text];
  return command
    .option('--prometheus <url>', 'take libvirt_domain_* series from this Prometheus')
    .option('--domain <name>', 'only this domain; may be repeated', several)
    .option('--host <name>', 'only domains of this host; may be repeated', several)
    .option('--host-label <label>', 'the label that names the host; other exporters have none but "instance"', 'host')
    .option('--token-file <file>', 'file that holds a bearer token for Prometheus')
    .option('--user <name>', 'user of Prometheus, with --password-file')
    .option('--password-file <file>', "file that holds the user's password");
}
