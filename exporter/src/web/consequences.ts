/** What an order would change, in words for people. Pure: from what is known at the moment. */
import type { IncidentRecord, MaintenanceRecord } from '../history/store.ts';
import type { DomainSummary } from './inventory.ts';
import type { Setting } from './settings.ts';

/** Names that one sentence holds, and how long one may be. */
const MOST_NAMES = 5;
const LONGEST_NAME = 64;

export interface Situation {
  domains: readonly DomainSummary[];
  /** Open ones. */
  incidents: readonly IncidentRecord[];
}

type Scope = MaintenanceRecord['scope'];

export function pauseConsequences({ domains, incidents }: Situation, before: { by: string; reason: string } | null): string {
  const already = before === null ? '' : ` It is paused already, by ${cut(before.by)}: ${cut(before.reason)}.`;
  return `Nothing is recovered until recovery is let go on, a restart of virtmedic included: ${concerned(domains)}.${already} ${goesOn(incidents)}`;
}

export function unpauseConsequences({ domains, incidents }: Situation, before: { by: string; reason: string } | null): string {
  if (before === null) return 'Recovery is not paused: nothing changes.';
  const held = incidents.filter((incident) => incident.hold?.reason === 'pause');
  const waiting = held.length === 0 ? 'No open incident waits for it.' : `Decided again at once: ${count(held.length, 'open incident')} (${names(held.map(targetName))}).`;
  return `Faults are recovered again: ${concerned(domains)}. ${waiting}`;
}

export function maintenanceConsequences({ domains, incidents }: Situation, scope: Scope, untilMs: number): string {
  const inScope = domains.filter((domain) => covers(scope, domain));
  const working = incidents.filter(({ target }) => scope.kind === 'all' || (target.kind === 'host' ? covers(scope, { uuid: '', host: target.host }) : covers(scope, target)));
  return `Nothing is recovered ${scopeName(scope, inScope)} until ${new Date(untilMs).toISOString()}: ${concerned(inScope)}. ${goesOn(working)}`;
}

export function intervalConsequences(setting: Setting, hosts: number, wanted: number | null): string {
  const next = wanted ?? setting.default;
  const how = next === setting.value ? `stays at ${next} s` : `changes from ${setting.value} s to ${next} s`;
  const lasts = wanted === null ? 'It follows the configuration file from now on.' : `It holds over a restart, until it is set to null; the configuration file says ${setting.default} s.`;
  return `The time between two samples of ${count(hosts, 'host')} ${how}, at once. ${lasts} Events of libvirt are taken as they come, as before; listings under way go on.`;
}

function covers(scope: Scope, { uuid, host }: { uuid: string; host: string }): boolean {
  switch (scope.kind) {
    case 'all':
      return true;
    case 'host':
      return host === scope.host;
    case 'domain':
      return uuid === scope.uuid;
  }
}

function scopeName(scope: Scope, [domain]: readonly DomainSummary[]): string {
  switch (scope.kind) {
    case 'all':
      return 'anywhere';
    case 'host':
      return `on host ${cut(scope.host)}`;
    case 'domain':
      return `of domain ${cut(domain?.name ?? scope.uuid)}`;
  }
}

/** How many managed domains an order is about, and which. */
function concerned(domains: readonly DomainSummary[]): string {
  const managed = domains.filter((domain) => domain.managed);
  if (managed.length === 0) return `no managed domain is concerned, of ${domains.length} known`;
  const dry = managed.filter((domain) => domain.dryRun).length;
  const note = dry === 0 ? '' : `, ${dry === managed.length ? 'all' : dry} of them in dry run, where nothing is done anyway`;
  return `${count(managed.length, 'managed domain')} on ${count(new Set(managed.map(({ host }) => host)).size, 'host')} (${names(managed.map(({ name }) => name))})${note}`;
}

function goesOn(incidents: readonly IncidentRecord[]): string {
  const working = incidents.filter(({ state }) => state === 'executing' || state === 'verifying');
  return working.length === 0 ? 'No recovery is under way.' : `Under way, and going on to the end of its attempt: ${count(working.length, 'recovery', 'recoveries')} (${names(working.map(targetName))}).`;
}

function targetName({ target }: IncidentRecord): string {
  if (target.kind === 'app') return `${target.app} in ${target.name}`;
  return target.kind === 'domain' ? target.name : target.host;
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, MOST_NAMES).map(cut).join(', ');
  return all.length > MOST_NAMES ? `${shown} and ${all.length - MOST_NAMES} more` : shown;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function cut(text: string): string {
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME).toWellFormed()}…` : text;
}
