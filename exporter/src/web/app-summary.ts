/** Apps and guests as the API shows them beside their domain. */
import type { Clock } from '../events/clock.ts';
import { describeEvidence, describeVerdict } from '../perception/apps/describe.ts';
import type { AppVerdict } from '../perception/apps/verdict.ts';
import type { AppFault } from '../vocabulary.ts';
import type { AppStatus, AppsView, GuestStatus } from '../perception/apps/view.ts';
import { knownFigures } from './known-figures.ts';

export interface AppSummary {
  name: string;
  declaredBy: AppStatus['declaredBy'];
  state: AppVerdict['state'];
  fault: AppFault | null;
  /** When the fault began, milliseconds since the epoch. */
  sinceMs: number | null;
  /** Of the fault: `silence` only where nothing was seen in the guest; null without one. */
  basis: AppVerdict['basis'];
  /** The verdict in a sentence. */
  text: string;
  /** What proves it, for people. */
  evidence: string[];
  /** Of the last list; null: not known. */
  processes: number | null;
  residentBytes: number | null;
  /** Of the processes that there are. */
  cpuSeconds: number | null;
  /** Connections that wait to be accepted. */
  backlogs: { port: number; backlog: number }[];
  /** The open incident. */
  incidentId: string | null;
}

export interface GuestSummary {
  /** `ok`: the latest look gave a list of processes. */
  reading: GuestStatus['reading'];
  /** Why it did not: a stable word, and a text for people. */
  reason: string | null;
  text: string | null;
  /** In the latest list, kernel threads too. */
  processes: number | null;
  /** Since the guest's boot. */
  uptimeSeconds: number | null;
  /** Proof that its kernel panicked, or stands still. */
  panicked: string | null;
  frozen: string | null;
}

/** Which ports an app listens on is the guest's word. */
const MOST_PORTS = 64;

/** `incidentOf`: the open incident of an app of the domain. */
export function describeApps(view: Pick<AppsView, 'of'>, clock: Pick<Clock, 'nowMs' | 'monotonicMs'>, uuid: string, incidentOf: (app: string) => string | null): AppSummary[] {
  // The clock of the wall, as of now: it may have been set since.
  const offsetMs = clock.nowMs() - clock.monotonicMs();
  return view.of(uuid).map(({ app: { name }, domain, declaredBy, verdict }) => {
    const { state, fault, sinceMs, basis, evidence } = verdict;
    const figures = knownFigures(verdict);
    return {
      name,
      declaredBy,
      state,
      fault,
      sinceMs: sinceMs === null ? null : Math.round(sinceMs + offsetMs),
      basis,
      text: describeVerdict(name, domain, verdict),
      evidence: evidence.map(describeEvidence),
      processes: figures?.processes ?? null,
      residentBytes: figures?.residentBytes ?? null,
      cpuSeconds: figures === null || figures.cpuNanoseconds === null ? null : figures.cpuNanoseconds / 1e9,
      backlogs: (figures?.backlogs ?? []).slice(0, MOST_PORTS).map(({ port, backlog }) => ({ port, backlog })),
      incidentId: incidentOf(name),
    };
  });
}

/** Null: nobody looks into it. */
export function describeGuest(view: Pick<AppsView, 'guest'>, uuid: string): GuestSummary | null {
  const guest = view.guest(uuid);
  if (guest === null) return null;
  const { reading, reason, text, processes, liveness, health } = guest;
  return { reading, reason, text, processes, uptimeSeconds: liveness?.uptimeSeconds ?? null, panicked: health.panicked, frozen: health.frozen };
}
