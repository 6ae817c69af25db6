import type { Fault } from '../vocabulary.ts';

/** One alert as Alertmanager's API version 2 lists it. */
export interface AlertmanagerAlert {
  fingerprint: string;
  labels: Record<string, string>;
  startsAtMs: number;
  /** `unprocessed`: just received; Alertmanager has not looked at silences yet. */
  state: 'active' | 'suppressed' | 'unprocessed';
  silencedBy: string[];
  /** Fingerprints of the alerts that inhibit it. */
  inhibitedBy: string[];
}

export type AlertState =
  | { kind: 'active'; alert: AlertmanagerAlert }
  | { kind: 'suppressed'; alert: AlertmanagerAlert; silencedBy: string[]; inhibitedBy: string[] }
  | { kind: 'absent' };

/**
 * What Alertmanager says of the alert about one fault of one domain or one app in it, or without a UUID of one host. Where several say different things (two Alertmanagers,
 * two rules), suppressed goes before active: to hold is the safe side. An unprocessed alert counts as absent until it is
 * processed.
 */
export function alertStateOf(alerts: readonly AlertmanagerAlert[], about: { fault: Fault; domainUuid: string; app?: string; host?: string } | { fault: Fault; domainUuid?: undefined; app?: undefined; host: string }): AlertState {
  const matching = alerts.filter(
    ({ labels }) =>
      labels.virtmedic_fault === about.fault &&
      labels.domain_uuid?.toLowerCase() === about.domainUuid?.toLowerCase() &&
      (about.app === undefined || labels.app === about.app) &&
      (about.host === undefined || labels.host === about.host),
  );
  const suppressed = matching.filter((alert) => alert.state === 'suppressed');
  const [first] = suppressed;
  if (first !== undefined) {
    return {
      kind: 'suppressed',
      alert: first,
      silencedBy: [...new Set(suppressed.flatMap((alert) => alert.silencedBy))],
      inhibitedBy: [...new Set(suppressed.flatMap((alert) => alert.inhibitedBy))],
    };
  }
  const active = matching.find((alert) => alert.state === 'active');
  return active === undefined ? { kind: 'absent' } : { kind: 'active', alert: active };
}
