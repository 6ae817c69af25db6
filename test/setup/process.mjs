// @ts-check
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';

/**
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {string} [logFile] standard output and error are appended here as they come
 * @property {number} [timeoutMs] after this the process group gets SIGTERM, 10 s later SIGKILL
 * @property {Interruption} [interruption] an interruption ends the process group with SIGINT
 * @property {boolean} [outlivesUs] output goes to the log alone, without a pipe to us whose end would kill the program
 */

/**
 * @typedef {object} RunResult
 * @property {number | null} code exit code; null where a signal ended the process
 * @property {string} stdout at most its last 16 MB
 * @property {string} stderr at most its last 16 MB
 * @property {boolean} timedOut
 */

/** Thrown between two steps once a signal has arrived. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** An error whose message says all: shown without a stack. */
export class SetupError extends Error {}

/**
 * @typedef {object} Interruption
 * @property {NodeJS.Signals | null} signal the first one that arrived
 * @property {(listener: (signal: NodeJS.Signals) => void) => () => void} subscribe returns the way to unsubscribe
 * @property {() => void} check throws `Interrupted` once a signal has arrived
 */

/** Turns SIGINT, SIGTERM and SIGHUP of this process into something to be asked and waited for. @returns {Interruption} */
export function watchSignals() {
  /** @type {Set<(signal: NodeJS.Signals) => void>} */
  const listeners = new Set();
  /** @type {Interruption} */
  const interruption = {
    signal: null,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    check() {
      if (interruption.signal !== null) throw new Interrupted(interruption.signal);
    },
  };
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      interruption.signal ??= signal;
      for (const listener of listeners) listener(signal);
    });
  }
  return interruption;
}

const MAX_OUTPUT_CHARACTERS = 16 * 1024 * 1024;

/**
 * Runs a program to its end, in a process group of its own (so that Ctrl-C on the terminal reaches only us and we decide),
 * with nothing on standard input. Never throws for an exit code; a program that can't be started gives code 127.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export function run(program, args, options = {}) {
  const { env = process.env, cwd, logFile, timeoutMs, interruption, outlivesUs = false } = options;
  if (logFile !== undefined) appendFileSync(logFile, `\n$ ${[program, ...args].join(' ')}\n`);
  return new Promise((resolve) => {
    const log = outlivesUs && logFile !== undefined ? openSync(logFile, 'a') : null;
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'], detached: true });
    if (log !== null) closeSync(log);
    const output = { stdout: '', stderr: '' };
    let timedOut = false;
    /** @type {NodeJS.Timeout[]} */
    const timers = [];
    /** @param {NodeJS.Signals} signal */
    const signalGroup = (signal) => signalProcessGroup(child.pid, signal);
    const killSoon = () => timers.push(setTimeout(() => signalGroup('SIGKILL'), 10_000));
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      child[name]?.setEncoding('utf8');
      child[name]?.on('data', (/** @type {string} */ text) => {
        output[name] = (output[name] + text).slice(-MAX_OUTPUT_CHARACTERS);
        if (logFile !== undefined) appendFileSync(logFile, text);
      });
    }
    if (timeoutMs !== undefined) {
      timers.push(setTimeout(() => {
        timedOut = true;
        signalGroup('SIGTERM');
        killSoon();
      }, timeoutMs));
    }
    const unsubscribe = interruption?.subscribe(() => {
      signalGroup('SIGINT');
      killSoon();
    });
    /** @param {number | null} code */
    const finish = (code) => {
      timers.forEach(clearTimeout);
      unsubscribe?.();
      resolve({ code, ...output, timedOut });
    };
    child.once('error', (error) => {
      output.stderr += `${program}: ${error.message}\n`;
      finish(127);
    });
    child.once('close', finish);
  });
}

/**
 * Signals every process of a group; a group that has gone is not an error.
 *
 * @param {number | undefined} groupId
 * @param {NodeJS.Signals} signal
 */
export function signalProcessGroup(groupId, signal) {
  if (groupId === undefined) return;
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}
