import type { Terminal } from './context.ts';

const QUIET_MS = 3000;
const EVERY_MS = 5000;

/** Tells on standard error how far something is, when it takes longer; a line at a time. */
export function createProgress(terminal: Terminal, every: number = EVERY_MS): (what: string, share?: number) => void {
  let nextMs = terminal.nowMs() + Math.min(QUIET_MS, every);
  return (what, share) => {
    const nowMs = terminal.nowMs();
    if (nowMs < nextMs) return;
    nextMs = nowMs + every;
    terminal.note(`${what}${share === undefined ? '' : `: ${Math.floor(100 * Math.min(1, share))} %`}\n`);
  };
}
