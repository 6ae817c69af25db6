/**
 * Apps in the guests of a World, and what changes them: in memory, for tests of the recovery loop. Like the hosts they outlive any
 * number of virtmedic processes. The real guest helper has tests of its own.
 */
import type { AppDeclaration } from '../../config/apps.ts';
import { configSchema } from '../../config/schema.ts';
import type { GuestActions, GuestAnswer, GuestOrder } from '../../execution/guest-actions.ts';
import type { GuestAgentActions } from '../../execution/guest-agent-actions.ts';
import { HelperError } from '../../guest/helper/client.ts';
import type { GuestProcess } from '../../guest/processes/process.ts';
import type { AppVerdict } from '../../perception/apps/verdict.ts';
import type { AppStatus, AppsView } from '../../perception/apps/view.ts';
import { NO_APPS } from '../../perception/apps/view.ts';
import type { AppFault } from '../../vocabulary.ts';
import type { Supervision } from '../context.ts';
import type { FakeDomain, World } from './world.ts';

export interface AppEffect {
  kind: 'restart' | 'kill and restart' | 'start' | 'kill';
  generation: number;
}

export interface FakeApp {
  readonly app: AppDeclaration;
  processes: { pid: number; startTimeNanoseconds: number }[];
  fault: AppFault | null;
  basis: 'seen' | 'silence';
  /** Nothing is known of the guest. */
  isUnknown: boolean;
}

export interface AppWorld {
  effects: AppEffect[];
  apps: Map<string, FakeApp>;
  mutes: string[];
  view: AppsView;
  guestActions: GuestActions;
  /** Does its work whatever `instead` says. */
  guestAgent: GuestAgentActions;
  /** What the agent was asked for. */
  byAgent: string[];
  supervision: Supervision;
  /** Where the latest process listens. */
  listener: ((uuid: string, app: string) => void) | null;
  /** What an order of the helper does instead of its work; undefined: its work. */
  instead: ((kind: AppEffect['kind']) => Promise<void> | undefined) | null;
  /** A start brings nothing up. */
  isBroken: boolean;
  add(name: string, declared?: Record<string, unknown>): FakeApp;
  kill(name: string): void;
  hang(name: string): void;
  degrade(name: string): void;
  revive(name: string): void;
  unknown(name: string, isUnknown: boolean): void;
  tell(name: string): void;
}

export function createAppWorld(world: World, domain: FakeDomain, nowMs: () => number = () => performance.now()): AppWorld {
  const apps = new Map<string, FakeApp>();
  const muted = new Set<string | null>();
  let lastPid = 100;

  function fresh(): FakeApp['processes'] {
    lastPid += 1;
    return [{ pid: lastPid, startTimeNanoseconds: lastPid * 1000 }];
  }

  function verdictOf(one: FakeApp): AppVerdict {
    const figures = null;
    const isMuted = muted.has(null) || muted.has(one.app.name);
    if (isMuted) return { state: 'muted', fault: null, sinceMs: null, basis: null, evidence: [{ kind: 'muted', why: 'work of our own' }], figures };
    if (one.isUnknown || domain.state !== 'running') return { state: 'unknown', fault: null, sinceMs: null, basis: null, evidence: [{ kind: 'unknown', reason: 'unreadable', text: 'no list', forMs: 0 }], figures };
    if (one.fault === null) return { state: 'up', fault: null, sinceMs: null, basis: null, evidence: [], figures };
    return { state: 'faulty', fault: one.fault, sinceMs: nowMs(), basis: one.basis, evidence: [{ kind: 'absent', lists: 2, forMs: 2000 }], figures };
  }

  const statusOf = (one: FakeApp): AppStatus => ({ host: domain.host, uuid: domain.uuid, domain: domain.name, app: one.app, declaredBy: 'configuration', verdict: verdictOf(one), atMs: nowMs() });
  const need = (name: string): FakeApp => {
    const found = apps.get(name);
    if (!found) throw new Error(`no app ${name}`);
    return found;
  };

  async function effect(kind: AppEffect['kind'], { generation }: GuestOrder, run: () => void): Promise<GuestAnswer> {
    const other = appWorld.instead?.(kind);
    if (other !== undefined) await other;
    else {
      await world.intercept(`before ${kind}`);
      run();
      appWorld.effects.push({ kind, generation });
      await world.intercept(`after ${kind}`);
    }
    return { method: 'fake', detail: 'done' };
  }

  function start(one: FakeApp): void {
    if (appWorld.isBroken) return;
    Object.assign(one, { processes: fresh(), fault: null });
  }

  const ofUnit = (unit: string): FakeApp => [...apps.values()].find(({ app }) => (app.start?.unit ?? app.match?.unit) === unit) ?? need(unit);

  const byAgent = (kind: string, run: () => void): Promise<GuestAnswer> => {
    appWorld.byAgent.push(kind);
    run();
    return Promise.resolve({ method: 'guest-agent', detail: 'done' });
  };
  const unanswered = (one: FakeApp): boolean => one.fault !== null || one.app.probes.length === 0;

  const appWorld: AppWorld = {
    byAgent: [],
    effects: [],
    apps,
    mutes: [],
    listener: null,
    instead: null,
    isBroken: false,
    view: {
      ...NO_APPS,
      all: () => [...apps.values()].map(statusOf),
      of: (uuid) => (uuid === domain.uuid ? [...apps.values()].map(statusOf) : []),
      app: (uuid, name) => {
        const found = uuid === domain.uuid ? apps.get(name) : undefined;
        return found === undefined ? null : statusOf(found);
      },
      answeredAtMs(_uuid, name) {
        const found = apps.get(name);
        return found === undefined || unanswered(found) ? null : performance.now();
      },
      processes: () => {
        if (domain.state !== 'running') return Promise.reject(new HelperError('not-running', 'the domain does not run', { isRefusal: true }));
        const processes = [...apps.values()].flatMap((one) =>
          one.processes.map(({ pid, startTimeNanoseconds }) => ({ pid, startTimeNanoseconds, state: 'S', threads: 1, kernelThread: false, cgroup: '/', unit: one.app.match?.unit ?? null, userUnit: null, executable: '/x', commandLine: ['/x'], commandLineCut: false }) as unknown as GuestProcess),
        );
        return Promise.resolve({ processes });
      },
    },
    guestActions: {
      restartUnit: (order) =>
        effect(order.killFirst ? 'kill and restart' : 'restart', order, () => start(ofUnit(order.unit))),
      startCommand: (order) => effect('start', order, () => start([...apps.values()].find(({ app }) => app.start?.command?.[0] === order.command[0]) ?? need('none'))),
      killProcesses: (order) =>
        effect('kill', order, () => {
          for (const one of apps.values()) {
            const before = one.processes.length;
            one.processes = one.processes.filter(({ pid }) => !order.processes.some((killed) => killed.pid === pid));
            if (one.processes.length < before && one.processes.length === 0) one.fault = 'app_down';
          }
        }),
    },
    guestAgent: {
      restartUnit: ({ unit }) => byAgent('restart', () => start(ofUnit(unit))),
      startCommand: () => byAgent('start', () => undefined),
      killProcesses: () => byAgent('kill', () => undefined),
      runDeclared: ({ command }) => byAgent('declared', () => start([...apps.values()].find(({ app }) => app.start?.agentCommand?.[0] === command[0]) ?? need('none'))),
    },
    supervision: {
      mute(_uuid, app) {
        muted.add(app);
        appWorld.mutes.push(`mute ${app ?? 'all'}`);
      },
      unmute(_uuid, app) {
        muted.delete(app);
        appWorld.mutes.push(`unmute ${app ?? 'all'}`);
        for (const name of apps.keys()) appWorld.tell(name);
      },
    },
    add(name, declared = { match: { unit: `${name}.service` } }) {
      const [app] = configSchema.parse({ hosts: [{ name: 'h1', uri: 'qemu:///system' }], apps: [{ name, ...declared }] }).apps;
      const one: FakeApp = { app: app as AppDeclaration, processes: fresh(), fault: null, basis: 'seen', isUnknown: false };
      apps.set(name, one);
      return one;
    },
    kill(name) {
      Object.assign(need(name), { processes: [], fault: 'app_down' });
      appWorld.tell(name);
    },
    hang(name) {
      need(name).fault = 'app_hung';
      appWorld.tell(name);
    },
    degrade(name) {
      need(name).fault = 'app_degraded';
      appWorld.tell(name);
    },
    revive(name) {
      const one = need(name);
      if (one.processes.length === 0) one.processes = fresh();
      one.fault = null;
      appWorld.tell(name);
    },
    unknown(name, isUnknown) {
      need(name).isUnknown = isUnknown;
      appWorld.tell(name);
    },
    tell: (name) => appWorld.listener?.(domain.uuid, name),
  };
  return appWorld;
}
