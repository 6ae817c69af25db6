/**
 * Programs in a guest by its QEMU guest agent: asked whether it is there and may, started, and followed until they end. What the
 * agent answers comes from the guest: it is checked, bounded in size and time, and never taken for a proof that something serves.
 * Protocol: QEMU's qga/qapi-schema.json (guest-ping, guest-info, guest-exec, guest-exec-status).
 */
import { z } from 'zod';
import type { Clock } from '../events/clock.ts';
import { sleep } from '../events/clock.ts';
import type { QemuGuestAgent } from '../libvirt/index.ts';
import { AgentAnswerError } from '../libvirt/index.ts';
import { agentError, agentErrorOf, plainText } from './guest-agent-error.ts';

export interface GuestProgram {
  /** Absolute, as the guest names it; no shell sees it. */
  path: string;
  args: readonly string[];
  /** Its output is kept until it ends, by the agent in the guest. Not for what goes on running. */
  capture: boolean;
  /** So long it is followed. */
  limitMs: number;
}

export type GuestProgramEnd =
  /** `code` null: ended by `signal`. `output`: the end of what it printed, errors before the rest, cleared and shortened. */
  | { kind: 'ended'; code: number | null; signal: number | null; output: string; afterMs: number }
  | { kind: 'runs-on'; afterMs: number };

const FIRST_POLL_MS = 100;
const LONGEST_POLL_MS = 1000;
const NEEDED = ['guest-exec', 'guest-exec-status'];

const info = z.object({ supported_commands: z.array(z.object({ name: z.string(), enabled: z.boolean() })).max(10_000) });
const started = z.object({ pid: z.int().min(0) });
const status = z.object({
  exited: z.boolean(),
  exitcode: z.int().optional(),
  signal: z.int().optional(),
  'out-data': z.string().optional(),
  'err-data': z.string().optional(),
});

export interface RunOptions {
  clock: Clock;
  signal: AbortSignal;
  /** Asked right before the program is started; rejects where it must not be. */
  mayStart(): Promise<void>;
}

/**
 * Runs one program to its end, or for `limitMs`.
 *
 * @throws HelperError with an `AgentReason`; `isRefusal`: the guest is as it was
 */
export async function runInGuest(agent: QemuGuestAgent, program: GuestProgram, { clock, signal, mayStart }: RunOptions): Promise<GuestProgramEnd> {
  await preflight(agent);
  await mayStart();
  if (signal.aborted) throw agentError('agent-timed-out', 'the time for it was over before anything was started', { isRefusal: true });
  const { path, args, capture, limitMs } = program;
  const { pid } = await ask(agent, 'guest-exec', started, { path, arg: args, 'capture-output': capture }, true);
  const beganMs = clock.monotonicMs();
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(LONGEST_POLL_MS, pollMs * 2)) {
    await sleep(clock, pollMs, signal).catch(() => Promise.reject(agentError('agent-timed-out', `the time for it was over before ${path} ended; it may still do it`, { isRefusal: false })));
    const now = await ask(agent, 'guest-exec-status', status, { pid }, true);
    const afterMs = clock.monotonicMs() - beganMs;
    if (now.exited) return { kind: 'ended', code: now.exitcode ?? null, signal: now.signal ?? null, output: outputOf(now), afterMs };
    if (afterMs >= limitMs) return { kind: 'runs-on', afterMs };
  }
}

/** It answers, and lets programs be started. Changes nothing. */
async function preflight(agent: QemuGuestAgent): Promise<void> {
  await ask(agent, 'guest-ping', z.object({}), undefined, false);
  const { supported_commands: commands } = await ask(agent, 'guest-info', info, undefined, false);
  const blocked = NEEDED.filter((needed) => !commands.some(({ name, enabled }) => name === needed && enabled));
  if (blocked.length === 0) return;
  throw agentError('agent-command-blocked', `the agent in the guest does not allow ${blocked.join(' and ')}: its own configuration forbids it (block-rpcs, allow-rpcs), or its file systems are frozen for a backup`, { isRefusal: true });
}

async function ask<Answer>(agent: QemuGuestAgent, command: string, schema: z.ZodType<Answer>, args: Record<string, unknown> | undefined, starts: boolean): Promise<Answer> {
  try {
    const parsed = schema.safeParse(await agent.execute(command, args));
    if (parsed.success) return parsed.data;
    throw new AgentAnswerError(command, 'does not have the form that QEMU describes');
  } catch (error) {
    throw agentErrorOf(error, starts);
  }
}

function outputOf(answer: z.output<typeof status>): string {
  return plainText([answer['err-data'], answer['out-data']].map((data) => Buffer.from(data ?? '', 'base64').toString('utf8').trim()).filter(Boolean).join(' | '));
}
