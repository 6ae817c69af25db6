import type { IconName } from '@grafana/data';
import { t } from '@grafana/i18n';
import { cutText } from './text';

const MAX_LENGTH = 60;

/** What a fault class means, for people; a class that this version does not know is shown as it is, none as a dash. */
export function faultLabel(fault: string): string {
  return domainFault(fault) ?? otherFault(fault) ?? (cutText(fault, MAX_LENGTH) || '–');
}

/** A sign beside the name of a fault; its colour is one of the theme's. */
export interface FaultMark {
  icon: IconName;
  tone: 'error' | 'warning' | 'info';
}

/** Marks what was forecast (nothing has failed yet), and what an application suffers from: its domain runs. Null: the rest. */
export function faultMark(fault: string): FaultMark | null {
  switch (fault) {
    case 'domain_failing':
    case 'host_degraded':
      return { icon: 'heart-rate', tone: 'warning' };
    case 'app_down':
      return { icon: 'power', tone: 'error' };
    case 'app_hung':
      return { icon: 'hourglass', tone: 'warning' };
    case 'app_degraded':
      return { icon: 'arrow-down', tone: 'info' };
    default:
      return null;
  }
}

function domainFault(fault: string): string | undefined {
  switch (fault) {
    case 'domain_crashed':
      return t('format.fault.domain-crashed', 'Killed or crashed');
    case 'domain_panicked':
      return t('format.fault.domain-panicked', 'Kernel panic');
    case 'domain_paused':
      return t('format.fault.domain-paused', 'Paused by an I/O error');
    case 'domain_stopped':
      return t('format.fault.domain-stopped', 'Shut off');
    case 'domain_missing':
      return t('format.fault.domain-missing', 'Missing');
    case 'domain_hung':
      return t('format.fault.domain-hung', 'Hung');
    case 'domain_failing':
      return t('format.fault.domain-failing', 'Failure forecast');
    case 'domain_unknown':
      return t('format.fault.domain-unknown', 'Not in the inventory');
    case 'domain_duplicated':
      return t('format.fault.domain-duplicated', 'Running on two hosts');
    default:
      return undefined;
  }
}

function otherFault(fault: string): string | undefined {
  switch (fault) {
    case 'host_down':
      return t('format.fault.host-down', 'Host down');
    case 'host_degraded':
      return t('format.fault.host-degraded', 'Host degraded');
    case 'app_down':
      return t('format.fault.app-down', 'Application down');
    case 'app_hung':
      return t('format.fault.app-hung', 'Application hung');
    case 'app_degraded':
      return t('format.fault.app-degraded', 'Application degraded');
    case 'rpc_missing':
      return t('format.fault.rpc-missing', 'Control message missing');
    case 'rpc_different':
      return t('format.fault.rpc-different', 'Control message unusual');
    case 'requested':
      return t('format.fault.requested', 'Ordered by an operator');
    default:
      return undefined;
  }
}
