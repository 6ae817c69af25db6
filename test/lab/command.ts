import { execFile, execFileSync } from 'node:child_process';

export interface CommandOptions {
  /** Written to the command's standard input. */
  input?: string;
  /** The command is killed after this time. Default: 60,000. */
  timeoutMs?: number;
  cwd?: string;
}

/** A command that could not be started, ended with a non-zero status, or took too long. */
export class CommandError extends Error {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  constructor(file: string, args: readonly string[], exitCode: number | undefined, stderr: string) {
    const how = exitCode === undefined ? 'did not finish' : `ended with status ${exitCode}`;
    super(`${[file, ...args].join(' ')}: ${how}${stderr.trim() === '' ? '' : `: ${stderr.trim()}`}`);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Debian keeps the administration commands outside a plain user's path; the language of messages and numbers must not vary. */
const ENVIRONMENT = { ...process.env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** Runs a command without a shell and returns its standard output. @throws CommandError */
export function run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    file,
    args,
    { env: ENVIRONMENT, timeout: options.timeoutMs ?? 60_000, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, cwd: options.cwd },
    (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new CommandError(file, args, typeof error.code === 'number' ? error.code : undefined, stderr || startFailure(error)));
    },
  );
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  return promise;
}

/** As `run`, but blocks: for cleaning up while the process exits. @throws CommandError */
export function runSync(file: string, args: readonly string[], options: CommandOptions = {}): string {
  try {
    return execFileSync(file, args, {
      env: ENVIRONMENT,
      timeout: options.timeoutMs ?? 60_000,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      encoding: 'utf8',
      input: options.input ?? '',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { status, stderr } = error as { status?: number | null; stderr?: string };
    throw new CommandError(file, args, status ?? undefined, stderr || startFailure(error as Error));
  }
}

/** The name of a missing command is in the message already; only what the system said is added. */
function startFailure(error: Error & { code?: unknown; killed?: boolean }): string {
  if (error.code === 'ENOENT') return 'no such command';
  return error.killed === true ? 'killed after its time limit' : '';
}
