/** Prometheus as the options of a command name it. */
import { readSecretFile } from '../config/secret-file.ts';
import { openPrometheus, PrometheusError, PrometheusUnreachableError } from '../training/sources/prometheus.ts';
import type { PrometheusRange, PrometheusSource } from '../training/sources/prometheus.ts';
import type { Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';
import type { PrometheusOptions } from './source-options.ts';
import { printable } from './table.ts';

export interface FromPrometheus extends PrometheusOptions {
  prometheus: string;
  from?: number;
  to?: number;
  resume?: boolean;
}

/** @throws CommandError */
export async function openFromPrometheus(terminal: Terminal, options: FromPrometheus, signal: AbortSignal, more: Pick<PrometheusRange, 'tickSeconds' | 'atLeastTickSeconds' | 'keepIn' | 'onProgress'>): Promise<PrometheusSource> {
  const { prometheus: url, domain = [], host = [], hostLabel, from, to, resume = false } = options;
  const authorization = await authorizationOf(options);
  const range: PrometheusRange = {
    ...more, url, authorization, signal, domains: domain, hosts: host, hostLabel, fromMs: from, toMs: to, nowMs: terminal.nowMs(), resume,
    onRetry: (text) => terminal.note(`${printable(text)}\n`),
  };
  return fromPrometheus(url, () => openPrometheus(range));
}

/** Runs what asks Prometheus. @throws CommandError instead of its errors */
export async function fromPrometheus<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PrometheusUnreachableError) throw new CommandError(EXIT.unreachable, `cannot reach Prometheus: ${error.message}`);
    if (error instanceof PrometheusError) throw new CommandError(URL.canParse(url) ? EXIT.failed : EXIT.usage, `--prometheus: ${error.message}`);
    throw error;
  }
}

async function authorizationOf({ tokenFile, user, passwordFile }: PrometheusOptions): Promise<string | undefined> {
  if ((user === undefined) !== (passwordFile === undefined)) throw new CommandError(EXIT.usage, 'give --user and --password-file together');
  if (tokenFile !== undefined && user !== undefined) throw new CommandError(EXIT.usage, 'give either --token-file, or --user and --password-file');
  if (tokenFile !== undefined) return `Bearer ${await secretOf(tokenFile)}`;
  if (user === undefined || passwordFile === undefined) return undefined;
  return `Basic ${Buffer.from(`${user}:${await secretOf(passwordFile)}`).toString('base64')}`;
}

async function secretOf(file: string): Promise<string> {
  const secret = await readSecretFile(file).catch((error: Error) => {
    throw new CommandError(EXIT.usage, `${file} ${error.message}`);
  });
  if (!/^[\x20-\x7e]+$/.test(secret)) throw new CommandError(EXIT.usage, `${file} does not hold one line of text`);
  return secret;
}
