import { recordAlert } from './alerts.ts';
import { attempts, attemptsOf, patchAttempt, planAttempt, unfinishedAttempts } from './attempts.ts';
import { addDecision } from './decisions.ts';
import { definition, domains, forgetDomain, putDomain, saveDefinition } from './domains.ts';
import { closeIncident, incident, incidents, openIncident, openIncidents, patchIncident, recentRecoveries } from './incidents.ts';
import { acquireLock, releaseAllLocks, releaseLock } from './locks.ts';
import { addMaintenance, maintenance, putSetting, recordAudit, removeMaintenance, setting } from './operator.ts';
import type { OperationName, Operations } from './protocol.ts';
import { pruneBatch } from './prune.ts';
import { recoveries, recovery } from './recoveries.ts';
import type { Context } from './rows.ts';
import { beginStep, endStep } from './steps.ts';

type WithContext = { [Name in OperationName]: (context: Context, ...parameters: Parameters<Operations[Name]>) => ReturnType<Operations[Name]> };

/** By name, each with the context before its own parameters. */
export const OPERATIONS: WithContext = {
  acquireLock,
  addDecision,
  addMaintenance,
  attempts,
  attemptsOf,
  beginStep,
  closeIncident,
  definition,
  domains,
  endStep,
  forgetDomain,
  incident,
  incidents,
  maintenance,
  openIncident,
  openIncidents,
  patchAttempt,
  patchIncident,
  planAttempt,
  pruneBatch,
  putDomain,
  putSetting,
  recentRecoveries,
  recordAlert,
  recordAudit,
  recoveries,
  recovery,
  releaseAllLocks,
  releaseLock,
  removeMaintenance,
  saveDefinition,
  setting,
  unfinishedAttempts,
};
