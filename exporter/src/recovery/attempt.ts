/** One attempt on a domain: a rung of the ladder, or an operator's order; verified by looking at the domain afterwards. */
import type { Action, DesiredState } from '../vocabulary.ts';
import { sleep } from '../events/clock.ts';
import type { ActionContext } from '../execution/action.ts';
import { ActionError } from '../execution/action.ts';
import { performDomainAction } from '../execution/domain.ts';
import type { DomainStateNow, Hypervisor } from '../execution/hypervisor.ts';
import type { VerifyOptions } from '../execution/verify.ts';
import { verifyRunning } from '../execution/verify.ts';
import type { DomainRecord, IncidentRecord } from '../history/store.ts';
import type { AttemptEnd, Performing } from './attempt-run.ts';
import { runWork } from './attempt-run.ts';
import type { RecoveryContext } from './context.ts';
import { decided } from './incidents.ts';
import { chooseDestination } from './migrations.ts';
import { beginOwnAction, endOwnAction, stepBegins, stepSucceeded } from './own-actions.ts';

export interface AttemptRequest {
  record: DomainRecord;
  incident: IncidentRecord;
  action: Action;
  /** Host on which it acts. */
  host: string;
  timeoutSeconds: number;
  actor: string;
  /** What the domain is to be, by inventory or by virtmedic's own record. */
  desired: DesiredState;
  /** Asked right before the first side effect: why it must not be taken any more; null: nothing stands in the way. */
  objection: () => string | null;
}

/** What the domain is to be after the action: `running` is verified over time, the others at once. */
function expectedAfter(action: Action, desired: DesiredState): 'running' | 'stopped' | 'anything' {
  if (action === 'notify') return 'anything';
  if (action === 'stop' || action === 'destroy') return 'stopped';
  return action === 'rebuild' && desired === 'stopped' ? 'stopped' : 'running';
}

/** Runs one attempt on a domain to its end, as `runWork` does. */
export function runAttempt(context: RecoveryContext, request: AttemptRequest): Promise<AttemptEnd> {
  const { uuid } = request.record;
  return runWork(context, {
    ...request,
    begin: () => beginOwnAction(context, uuid),
    end: () => endOwnAction(context, uuid),
    perform: (attempt) => performOnDomain(context, request, attempt),
    verify: (host, sinceMs, signal) => verify(context, { ...request, host }, sinceMs, signal),
    stepBegins: (name) => stepBegins(context, uuid, name),
    stepSucceeded: (name) => stepSucceeded(context, uuid, name),
  });
}

/** Whatever it is that the domain is to be verified by, its apps and its guest are not judged meanwhile. */
export async function performOnDomain(context: RecoveryContext, request: AttemptRequest, attempt: Performing): Promise<{ host: string }> {
  const { host, action, record } = request;
  const hypervisor = context.hypervisor(host);
  if (!hypervisor) throw new ActionError('failed', `host ${host} is not connected`);
  if (action !== 'notify') context.supervision.mute(record.uuid, null, attempt.endsAtMs, `virtmedic is at work on the domain: ${action}`);
  try {
    return await performDomainAction(action, actionContext(context, request, attempt, hypervisor));
  } finally {
    if (action !== 'notify') context.supervision.unmute(record.uuid, null);
  }
}

function actionContext(context: RecoveryContext, request: AttemptRequest, { step, signal, endsAtMs }: Performing, hypervisor: Hypervisor): ActionContext {
  const { record, host, desired } = request;
  return {
    uuid: record.uuid,
    name: record.name,
    host,
    desired,
    hypervisor,
    step,
    activeElsewhere: () => activeElsewhere(context, record.uuid, host),
    absentEverywhere: () => absentEverywhere(context, record.uuid),
    savedDefinition: async () => (await context.store.definition(record.uuid))?.xml ?? null,
    async destination() {
      const choice = await chooseDestination(context, record, host);
      await decided(context, request.incident, { kind: 'act', reason: 'destination', why: choice.why });
      return choice;
    },
    runsOn: () => runsOn(context, record.uuid, host),
    timeLeftMs: () => endsAtMs - context.clock.monotonicMs(),
    verifyMs: context.config().recovery.verifySeconds * 1000,
    wait: (delayMs) => sleep(context.clock, delayMs, signal),
  };
}

async function verify(context: RecoveryContext, { record, action, host, desired }: AttemptRequest, sinceMs: number, signal: AbortSignal): Promise<void> {
  const expected = expectedAfter(action, desired);
  if (expected === 'anything') return;
  if (expected === 'running') return verifyRunning(runningOptions(context, record.uuid, host, sinceMs, signal));
  const now = await stateOn(context, host, record.uuid);
  if (now && now.state !== 'shutoff') throw new Error(`${now.state} (${now.reason}) after the action`);
}

/** What verification on `host` asks: libvirt, the probes since `sinceMs`, and whether perception still has proof against it. */
export function runningOptions(context: RecoveryContext, uuid: string, host: string, sinceMs: number, signal: AbortSignal): VerifyOptions {
  return {
    clock: context.clock,
    verifySeconds: context.config().recovery.verifySeconds,
    state: () => stateOn(context, host, uuid),
    probesAnswered: () => context.probesAnsweredSince(uuid, sinceMs) && !isProvenUnhealthy(context, uuid, host),
    signal,
  };
}

/** A guest that still hangs after its reset is not recovered. */
function isProvenUnhealthy(context: RecoveryContext, uuid: string, host: string): boolean {
  const observed = context.view.observed(uuid, host);
  return observed.kind === 'present' && observed.health !== 'healthy';
}

/** By the connection of the moment: the one of the beginning may be gone. */
async function stateOn(context: RecoveryContext, host: string, uuid: string): Promise<DomainStateNow | null> {
  const hypervisor = context.hypervisor(host);
  if (!hypervisor) throw new Error(`host ${host} is not connected`);
  return hypervisor.state(uuid);
}

/** Other hosts on which the domain is active, or was when they were last heard. */
function activeElsewhere(context: RecoveryContext, uuid: string, host: string): string[] {
  return context.view
    .sightings()
    .filter((sighting) => sighting.uuid === uuid && sighting.host !== host && sighting.state !== 'shutoff')
    .map((sighting) => sighting.host);
}

async function runsOn(context: RecoveryContext, uuid: string, notOn: string): Promise<string | null> {
  for (const { name, state } of context.view.hosts()) {
    const hypervisor = name === notOn || state !== 'up' ? null : context.hypervisor(name);
    const now = await hypervisor?.state(uuid).catch(() => null);
    if (now?.state === 'running') return name;
  }
  return null;
}

async function absentEverywhere(context: RecoveryContext, uuid: string): Promise<{ absent: boolean; why: string }> {
  for (const host of context.view.hosts()) {
    const hypervisor = host.state === 'up' ? context.hypervisor(host.name) : null;
    if (!hypervisor) return { absent: false, why: `host ${host.name} is not heard and may have it` };
    if (await hypervisor.state(uuid)) return { absent: false, why: `host ${host.name} has it` };
  }
  return { absent: true, why: '' };
}
