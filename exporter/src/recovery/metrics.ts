/** What the recovery loop counts. Implemented over prom-client in web/metrics. */
import type { Action, AttemptResult, IncidentFault, Outcome } from '../vocabulary.ts';

export type Phase = 'detect' | 'decide' | 'execute' | 'verify';

export interface RecoveryMetrics {
  recoveryEnded(fault: IncidentFault, outcome: Outcome, durationSeconds: number): void;
  attemptEnded(action: Action, result: AttemptResult): void;
  /** A guard held or suppressed an incident, counted when the reason changes. */
  suppressed(reason: string): void;
  phase(phase: Phase, seconds: number): void;
  alertReceived(result: string): void;
}
