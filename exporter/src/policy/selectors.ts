import type { Config, DomainSelector, LadderConfig, ProbeConfig } from '../config/schema.ts';
import type { DesiredState, Fault, Trigger } from '../vocabulary.ts';
import { globMatches } from './glob.ts';
import { DEFAULT_LADDERS } from './tables.ts';
import type { DomainPolicy, Ladder } from './types.ts';

export interface DomainIdentity {
  uuid: string;
  name: string;
  host: string;
}

/** The part of the configuration that policy comes from. */
export type PolicyConfig = Pick<Config, 'domains' | 'recovery'>;

/** All that configuration says about one domain. */
export interface SelectedPolicy {
  /** Position of the selector in `domains`; null: none matches, so the domain is watched and never touched. */
  selector: number | null;
  policy: DomainPolicy;
  trigger: Trigger;
  probes: readonly ProbeConfig[];
  /** The ladder that holds for a fault class. */
  ladder(fault: Fault): Ladder;
}

/** The first selector that matches rules the domain. `desired`: see `effectiveDesired`. */
export function selectPolicy(config: PolicyConfig, domain: DomainIdentity, desired: DesiredState | null): SelectedPolicy {
  const index = config.domains.findIndex((selector) => matches(selector.match, domain));
  const selector = config.domains[index];
  return {
    selector: selector === undefined ? null : index,
    policy: {
      managed: selector?.managed ?? false,
      dryRun: selector?.dryRun ?? config.recovery.dryRun,
      restartPolicy: selector?.restartPolicy ?? 'on-failure',
      relocate: selector?.relocate ?? false,
      restartPaused: selector?.restartPaused ?? false,
      desired,
    },
    trigger: selector?.trigger ?? 'alert',
    probes: selector?.probes ?? [],
    ladder: (fault) => configured(fault, selector?.ladders) ?? configured(fault, config.recovery.ladders) ?? DEFAULT_LADDERS[fault],
  };
}

function matches({ name, host, uuid }: DomainSelector['match'], domain: DomainIdentity): boolean {
  return (
    (name === undefined || globMatches(name, domain.name)) &&
    (host === undefined || globMatches(host, domain.host)) &&
    (uuid === undefined || uuid.toLowerCase() === domain.uuid.toLowerCase())
  );
}

/** Replaces a fault's ladder as a whole. Null: nothing is configured. */
function configured(fault: Fault, ladders: DomainSelector['ladders']): Ladder | null {
  const own = (ladders as Partial<Record<Fault, LadderConfig>> | undefined)?.[fault];
  return own === undefined ? null : fromConfig(own);
}

function fromConfig({ rungs, budget, cooldownSeconds }: LadderConfig): Ladder {
  return {
    rungs: rungs.map(({ action, timeoutSeconds, delaySeconds }) => ({ action, timeoutSeconds, ...(delaySeconds === undefined ? {} : { delaySeconds }) })),
    budget,
    cooldownSeconds,
  };
}
