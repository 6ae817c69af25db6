import { ActionFailed, ActionRefused, messageOf, refusingGuestErrors } from '../action-error.ts';
import { bootIdentity } from '../boot-identity.ts';
import { readDomainFacts, readRunningWork } from '../domain-facts.ts';
import { connectGdb } from '../gdb/client.ts';
import type { GdbClient } from '../gdb/client.ts';
import { GS_BASE, parseRegister, parseRegisters, writeRegisters } from '../gdb/registers.ts';
import type { Registers } from '../gdb/registers.ts';
import { closeGdbserver, newSocketPath, openGdbserver, releaseGuest } from '../gdb/server.ts';
import { readGuestFacts } from '../guest-facts.ts';
import { journalize } from '../hook-start.ts';
import { refuseByRules } from '../rules.ts';
import type { ActionFacts } from '../rules.ts';
import { requireMayAct } from '../tools.ts';
import type { ActionTools } from '../tools.ts';
import { createContextReader, unsafeContext } from './context.ts';
import type { ContextFacts, UnsafeContext } from './context.ts';
import { buildFrame, frameBytes } from './frame.ts';
import type { Argument } from './frame.ts';
import { findGadgets } from './gadgets.ts';
import type { Gadgets } from './gadgets.ts';
import { createPauseBudget } from './pause-budget.ts';
import type { PauseBudget } from './pause-budget.ts';
import { findSites } from './sites.ts';
import type { Site } from './sites.ts';

/** A call of a function of the guest's kernel. */
export interface Injection {
  readonly function: string;
  readonly args: readonly Argument[];
  /**
   * The arguments anew, just before the call, with all processors stopped: addresses of things that come and go are looked up here.
   *
   * @throws ActionRefused: the call is not made, the guest is as it was
   */
  readonly refresh?: () => readonly Argument[];
}

export interface InjectionLimits {
  /** For every packet, while the guest stands. */
  readonly packetMs: number;
  /** Until a processor comes to a place where the call is safe. */
  readonly siteMs: number;
  /** Until the called function has returned. */
  readonly callMs: number;
}

export const INJECTION_LIMITS: InjectionLimits = { packetMs: 1000, siteMs: 10_000, callMs: 20_000 };

export interface InjectionResult {
  /** What the function returned, an int. */
  readonly returned: number;
  readonly site: string;
  readonly pausedMs: number;
  /** Places that were not safe, with why. */
  readonly unsafe: readonly string[];
}

/** What is the same for every stop of one injection. */
interface Call {
  readonly tools: ActionTools;
  readonly injection: Injection;
  readonly limits: InjectionLimits;
  readonly functionAddress: bigint;
  readonly gadgets: Gadgets;
  readonly sites: readonly Site[];
  /** Hardware breakpoints that the processor has: KVM writes none into the guest's code. */
  readonly slots: number;
  readonly context: (registers: Registers, gsBase: bigint) => ContextFacts;
  readonly budget: PauseBudget;
  /** Of before; the rules allowed the call by them. */
  readonly facts: ActionFacts;
}

const KVM_SLOTS = 4;

/**
 * Calls a function of the guest's kernel, in a place where sleeping is allowed, by QEMU's gdb server. All processors stand still for some
 * milliseconds, three times. The frame restores the interrupted function by itself, so the guest goes on whatever becomes of us.
 *
 * @param folder where QEMU may make a socket
 * @throws ActionRefused the guest is as it was
 * @throws ActionFailed `call-lost`: the call was begun and its end not seen; it goes on in the guest. With `left`, `heal` frees the guest
 */
export async function injectCall(tools: ActionTools, folder: string, injection: Injection, limits: InjectionLimits = INJECTION_LIMITS): Promise<InjectionResult> {
  const call = await prepare(tools, injection, limits);
  const path = newSocketPath(folder);
  requireMayAct(tools);
  journalize(tools, {
    domain: tools.domain.uuid,
    kind: 'injection',
    openedAt: tools.clock.date().toISOString(),
    qemuPid: tools.domain.qemuPid,
    qemuStartTicks: tools.domain.qemuStartTicks,
    boot: refusingGuestErrors(() => bootIdentity(tools.kernel)),
    work: 0n,
    hookFunction: call.functionAddress,
    writes: [],
    gdbSocket: path,
    gracePeriod: null,
  });
  let problem: unknown = null;
  let result: InjectionResult | null = null;
  try {
    result = await connected(call, path);
  } catch (error) {
    problem = error;
  }
  await letGo(call, path, problem);
  tools.journal.remove(tools.domain.uuid);
  if (result === null) throw problem;
  return result;
}

async function prepare(tools: ActionTools, injection: Injection, limits: InjectionLimits): Promise<Call> {
  const { kernel } = tools;
  if (!kernel.verify()) throw new ActionRefused('inconsistent', "the guest's kernel is not the one that was found before: it may have restarted; try again");
  const budget = createPauseBudget(tools.clock, tools.request.pauseBudgetMs);
  let isUnhealed = true;
  try {
    isUnhealed = tools.journal.read(tools.domain.uuid) !== null;
  } catch (error) {
    throw new ActionRefused('journal-unhealed', `the undo journal of this domain cannot be read, so whether something is left in the guest is not known: ${messageOf(error)}`, { cause: error });
  }
  const domain = await readDomainFacts(tools.monitor, tools.libvirt);
  const guest = refusingGuestErrors(() => readGuestFacts(kernel, null, null));
  const facts: ActionFacts = { request: { ...tools.request, unhealed: isUnhealed }, domain, guest };
  refuseByRules('injection', facts);
  const sites = refusingGuestErrors(() => findSites(kernel));
  if (sites.length === 0) throw new ActionRefused('no-safe-site', "the guest's kernel has none of the functions at whose beginning a call is safe: it is built otherwise than those that are known");
  const slots = await breakpointSlots(tools);
  return refusingGuestErrors(() => ({
    tools,
    injection,
    limits,
    functionAddress: kernel.symbol(injection.function),
    gadgets: findGadgets(kernel),
    sites,
    slots,
    context: createContextReader(kernel, frameBytes(injection.args)),
    budget,
    facts,
  }));
}

/** Emulated processors have as many breakpoints as one likes, real ones four; where QEMU does not tell, four. */
async function breakpointSlots(tools: ActionTools): Promise<number> {
  try {
    const answer = (await tools.monitor.execute('query-kvm')) as { enabled?: unknown };
    return answer.enabled === false ? Number.POSITIVE_INFINITY : KVM_SLOTS;
  } catch {
    return KVM_SLOTS;
  }
}

async function connected(call: Call, path: string): Promise<InjectionResult> {
  await openGdbserver(call.tools.monitor, path);
  call.budget.stopped();
  const client = await connectGdb(path, call.limits.packetMs);
  try {
    const safe = await findSafePlace(call, client);
    return await makeCall(call, client, safe);
  } finally {
    client.close();
  }
}

/** Ends the gdb server. Where the call did not come to its orderly end, the guest is let go by a new connection. */
async function letGo(call: Call, path: string, problem: unknown): Promise<void> {
  try {
    if (problem === null) await closeGdbserver(call.tools.monitor, path);
    else if (problem instanceof ActionRefused && problem.reason === 'foreign-gdbserver') return;
    else await releaseGuest(call.tools.monitor, path, call.limits.packetMs * 5);
  } catch (error) {
    throw new ActionFailed('gdb-failed', `the guest may stand still: ${messageOf(error)}`, { left: true, cause: problem ?? error });
  }
}

interface SafePlace {
  readonly site: Site;
  readonly thread: string;
  readonly registers: Registers;
  readonly unsafe: readonly string[];
}

/** Lets the guest run to one of the sites until it stands where the call is safe. Removes all breakpoints then. */
async function findSafePlace(call: Call, client: GdbClient): Promise<SafePlace> {
  const waiting = [...call.sites];
  const armed = new Map<bigint, Site>();
  const unsafe: string[] = [];
  const arm = async () => {
    for (let next = waiting[0]; next !== undefined && armed.size < call.slots && !call.budget.isSpent; next = waiting[0]) {
      await client.order(`Z1,${next.address.toString(16)},1`);
      armed.set(next.address, next);
      waiting.shift();
    }
  };
  const disarm = async (site: Site) => {
    await client.order(`z1,${site.address.toString(16)},1`);
    armed.delete(site.address);
  };
  const giveUp = async (reason: 'no-safe-site' | 'pause-budget-spent', text: string): Promise<never> => {
    for (const site of [...armed.values()]) await disarm(site);
    await client.detach();
    call.budget.running();
    throw new ActionRefused(reason, `${text}${unsafe.length > 0 ? ` (${unsafe.join(', ')})` : ''}; the guest is as it was`);
  };
  const end = call.tools.clock.now() + call.limits.siteMs;
  for (;;) {
    await arm();
    if (call.budget.isSpent) return giveUp('pause-budget-spent', 'the guest was stopped as long as is allowed');
    if (armed.size === 0) return giveUp('no-safe-site', 'the guest came to no place where a call is safe');
    client.go();
    call.budget.running();
    const stop = await stopOf(client, Math.max(0, end - call.tools.clock.now()), call.limits.packetMs);
    call.budget.stopped();
    if (stop.isTimeout) return giveUp('no-safe-site', `no processor came to a safe place within ${call.limits.siteMs} ms`);
    const { registers, why } = await examine(call, client, stop.thread);
    const site = armed.get(registers.rip);
    if (site === undefined) throw new ActionFailed('gdb-failed', `the guest stopped at 0x${registers.rip.toString(16)}, where it was not asked to`, { left: false });
    if (why === null && !call.budget.isSpent) {
      for (const other of [...armed.values()]) await disarm(other);
      return { site, thread: stop.thread, registers, unsafe };
    }
    if (why === null) return giveUp('pause-budget-spent', 'the guest was stopped as long as is allowed');
    unsafe.push(`${site.name}: ${why}`);
    await disarm(site);
  }
}

async function stopOf(client: GdbClient, limitMs: number, packetMs: number): Promise<{ thread: string; isTimeout: boolean }> {
  let stop = await client.nextStop(limitMs);
  const isTimeout = stop === null;
  if (stop === null) {
    client.interrupt();
    stop = await client.nextStop(packetMs);
  }
  if (stop?.thread == null) throw new ActionFailed('gdb-failed', 'the gdb server does not say that the guest stopped, or where', { left: false });
  return { thread: stop.thread, isTimeout };
}

async function examine(call: Call, client: GdbClient, thread: string): Promise<{ registers: Registers; why: UnsafeContext | null }> {
  const registers = await readRegisters(client, thread);
  const gsBase = parseRegister(await client.ask(`p${GS_BASE.toString(16)}`));
  if (gsBase === null) throw new ActionFailed('gdb-failed', 'the gdb server does not tell gs_base', { left: false });
  return { registers, why: unsafeContext(call.context(registers, gsBase)) };
}

async function readRegisters(client: GdbClient, thread: string): Promise<Registers> {
  if (!/^[p0-9a-f.]{1,40}$/i.test(thread)) throw new ActionFailed('gdb-failed', `the gdb server names a processor ${JSON.stringify(thread)}`, { left: false });
  await client.order(`Hg${thread}`);
  const registers = parseRegisters(await client.ask('g'));
  if (registers === null) throw new ActionFailed('gdb-failed', 'the gdb server does not tell the registers', { left: false });
  return registers;
}

/** A migration or a job may have begun while the guest was waited for: what is written now could get lost. @throws ActionRefused */
async function refuseNewWork({ tools, budget, facts }: Call): Promise<void> {
  // While libvirt migrates a domain it may keep us waiting, and the guest stands.
  const work = await Promise.race([readRunningWork(tools.monitor), tools.clock.sleep(budget.restMs)]);
  if (work === undefined) throw new ActionRefused('pause-budget-spent', 'QEMU did not tell in the time that the guest may stand still whether a migration or a job has begun: try again later');
  refuseByRules('injection', { ...facts, domain: { ...facts.domain, ...work } });
}

/** The guest stands at a safe place, without breakpoints: makes the call and waits for its end. */
async function makeCall(call: Call, client: GdbClient, place: SafePlace): Promise<InjectionResult> {
  const { tools, budget } = call;
  let frame;
  try {
    await refuseNewWork(call);
    const args = call.injection.refresh?.() ?? call.injection.args;
    requireMayAct(tools);
    frame = buildFrame(place.registers, call.gadgets, call.functionAddress, args);
    for (const { address, bytes } of frame.writes) tools.writer.write(address, bytes);
  } catch (error) {
    // What was written lies below the stack pointer, where nothing lives: nothing is to be undone.
    await client.detach();
    budget.running();
    throw error instanceof ActionFailed ? new ActionFailed(error.reason, error.message, { left: false, cause: error }) : error;
  }
  await client.order(`Z1,${frame.returnAddress.toString(16)},1`);
  await client.order(writeRegisters(frame.registers));
  client.go();
  budget.running();
  const stop = await client.nextStop(call.limits.callMs);
  if (stop?.thread == null) {
    client.interrupt();
    if ((await client.nextStop(call.limits.packetMs)) !== null) await client.order(`z1,${frame.returnAddress.toString(16)},1`);
    await client.detach();
    throw new ActionFailed('call-lost', `${call.injection.function} did not return within ${call.limits.callMs} ms; it goes on in the guest`, { left: false });
  }
  budget.stopped();
  const registers = await readRegisters(client, stop.thread);
  await client.order(`z1,${frame.returnAddress.toString(16)},1`);
  await client.detach();
  budget.running();
  if (registers.rip !== frame.returnAddress || registers.rsp !== frame.returnStack) {
    throw new ActionFailed('call-lost', `${call.injection.function} did not return to where it was called from`, { left: false });
  }
  return { returned: Number(BigInt.asIntN(32, registers.rax)), site: place.site.name, pausedMs: budget.spentMs, unsafe: place.unsafe };
}
