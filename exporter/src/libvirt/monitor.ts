import type { CallOptions, Caller } from './call.ts';
import { MonitorCommandFlag, runMonitorCommand } from './calls/qemu.ts';
import type { DomainRef } from './domain-ref.ts';

/** QEMU's monitor of one domain. Both reject as `Caller.call`. */
export interface QemuMonitor {
  /** A command of the human monitor; answers its text, which may be an error's. */
  human(command: string): Promise<string>;
  /** A QMP command; answers its `return`. @throws MonitorCommandError QEMU's own error, or an answer that is not QMP's */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown>;
}

/** QEMU refused a command of its monitor. */
export class MonitorCommandError extends Error {
  override readonly name = 'MonitorCommandError';
  readonly command: string;
  /** QEMU's class of the error, for example `CommandNotFound`; empty where the answer is not QMP's. */
  readonly errorClass: string;

  constructor(command: string, errorClass: string, text: string) {
    super(`QEMU's monitor command ${command}: ${text}`);
    this.command = command;
    this.errorClass = errorClass;
  }
}

/** The monitor of a running domain, through libvirt. */
export function qemuMonitor(caller: Caller, domain: DomainRef, options?: CallOptions): QemuMonitor {
  return {
    human: (command) => caller.call(runMonitorCommand, { domain, command, flags: MonitorCommandFlag.HMP }, options),
    async execute(command, args) {
      const asked = JSON.stringify(args === undefined ? { execute: command } : { execute: command, arguments: args });
      return resultOf(command, await caller.call(runMonitorCommand, { domain, command: asked }, options));
    },
  };
}

function resultOf(command: string, text: string): unknown {
  let answer: unknown = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // Not JSON: told below.
  }
  if (typeof answer === 'object' && answer !== null) {
    if ('return' in answer) return answer.return;
    if ('error' in answer && typeof answer.error === 'object' && answer.error !== null) {
      const { class: errorClass, desc } = answer.error as { class?: unknown; desc?: unknown };
      throw new MonitorCommandError(command, String(errorClass), String(desc));
    }
  }
  throw new MonitorCommandError(command, '', `an answer that is not QMP's: ${text.slice(0, 100)}`);
}
