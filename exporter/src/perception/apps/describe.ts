/** Verdicts in words. What comes from a guest or a network is shortened and cleared of control characters. */
import type { AppFault } from '../../vocabulary.ts';
import type { AppVerdict, Evidence } from './verdict.ts';

const FAULT_WORDS: Readonly<Record<AppFault, string>> = { app_down: 'is down', app_hung: 'hangs', app_degraded: 'is not as it should be' };
const STATE_WORDS: Readonly<Record<Exclude<AppVerdict['state'], 'faulty'>, string>> = {
  up: 'runs',
  starting: 'is not there yet',
  off: 'does not run, as it may',
  doubtful: 'may be down',
  unknown: 'is not known',
  muted: 'is being worked on',
};
const MOST_CHARACTERS = 120;

/** `web in shop-1 hangs: backlog of 0.0.0.0 port 80: 1 -> 5 connections wait; none was accepted for 12 s` */
export function describeVerdict(app: string, domain: string, { state, fault, evidence }: AppVerdict): string {
  const words = fault !== null ? FAULT_WORDS[fault] : state === 'faulty' ? FAULT_WORDS.app_degraded : STATE_WORDS[state];
  const why = evidence.map(describeEvidence).join('; ');
  return `${plain(app)} in ${plain(domain)} ${words}${why === '' ? '' : `: ${why}`}`;
}

/** The first word names the proof. */
export function describeEvidence(evidence: Evidence): string {
  switch (evidence.kind) {
    case 'absent':
      return `absent: no process in ${lists(evidence.lists)}${evidence.forMs > 0 ? `, for ${span(evidence.forMs)}` : ''}`;
    case 'stopped':
      return `stopped: ${processes(evidence.processes)} in state T for ${span(evidence.forMs)}`;
    case 'uninterruptible':
      return `uninterruptible: ${processes(evidence.processes)} in state D for ${span(evidence.forMs)} without using any CPU`;
    case 'waiting':
      return `waiting: ${evidence.connections} ${evidence.connections === 1 ? 'connection waits' : 'connections wait'} at ${plain(evidence.address)} port ${evidence.port}; none was accepted for ${span(evidence.forMs)}`;
    case 'backlog':
      return `backlog of ${plain(evidence.address)} port ${evidence.port}: ${evidence.from} -> ${evidence.to} connections wait${evidence.isFull ? ', and it is full' : ''}; none was accepted for ${span(evidence.forMs)}`;
    case 'probe':
      return `probe ${plain(evidence.probe)} failed ${evidence.failures === 1 ? 'once' : `${evidence.failures} times`} (${plain(evidence.error)})`;
    case 'too_few':
      return `processes: ${evidence.processes}, at least ${evidence.minimum} expected, in ${lists(evidence.lists)}`;
    case 'too_many':
      return `processes: ${evidence.processes}, at most ${evidence.maximum} expected, in ${lists(evidence.lists)}`;
    case 'memory':
      return `memory: ${mebibytes(evidence.bytes)} resident, at most ${mebibytes(evidence.limitBytes)} expected, in ${lists(evidence.lists)}`;
    case 'port':
      return `port ${evidence.port}: nobody listens, in ${lists(evidence.lists)}`;
    case 'undecided':
      return `undecided: ${processes(evidence.processes)} of which it cannot be told whether they belong to it, as what would tell is not in the guest's memory; matching by unit or executable is surer`;
    case 'booting':
      return `booting: the guest is up for ${span(evidence.upMs)}`;
    case 'unknown':
      return `unknown (${plain(evidence.reason)})${evidence.forMs > 0 ? ` for ${span(evidence.forMs)}` : ''}: ${plain(evidence.text)}`;
    case 'muted':
      return plain(evidence.why);
  }
}

function lists(count: number): string {
  return count === 1 ? '1 list' : `${count} lists in a row`;
}

function processes(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

function span(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 10 ? `${Math.round(seconds * 10) / 10} s` : `${Math.round(seconds)} s`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}

function plain(text: string): string {
  // Bidirectional controls too: they would show a line in another order than it is.
  const clear = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
  return clear.length <= MOST_CHARACTERS ? clear : `${clear.slice(0, MOST_CHARACTERS)}…`;
}
