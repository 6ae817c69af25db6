/** What a forecast could not see, and why, for people. Words of a younger daemon are shown as they are. */
import { t } from '@grafana/i18n';
import { cutText } from './text';

const MAX_LENGTH = 60;

export function signalWord(signal: string): string {
  switch (signal) {
    case 'cpuRatio':
      return t('format.signal.cpu', 'CPU');
    case 'memoryUsedRatio':
      return t('format.signal.memory', 'memory');
    case 'majorFaultsPerSecond':
      return t('format.signal.major-faults', 'page faults');
    case 'networkBytesPerSecond':
      return t('format.signal.network', 'network');
    case 'diskBytesPerSecond':
      return t('format.signal.disk-bytes', 'disk throughput');
    case 'diskRequestsPerSecond':
      return t('format.signal.disk-requests', 'disk requests');
    case 'diskRequestSeconds':
      return t('format.signal.disk-latency', 'disk latency');
    case 'diskFillRatio':
      return t('format.signal.disk-fill', 'disk fill');
    default:
      return cutText(signal, MAX_LENGTH);
  }
}

export function whyMissing(why: string): string {
  return ofSignal(why) ?? ofTick(why) ?? cutText(why, MAX_LENGTH).replaceAll('-', ' ');
}

function ofSignal(why: string): string | undefined {
  switch (why) {
    case 'not-said':
      return t('format.missing.not-said', 'libvirt does not tell');
    case 'no-requests':
      return t('format.missing.no-requests', 'no requests');
    case 'learning':
      return t('format.missing.learning', 'still learning');
    case 'other-source':
      return t('format.missing.other-source', 'told by another source than before');
    case 'preallocated':
      return t('format.missing.preallocated', 'allocated in full from the start');
    default:
      return undefined;
  }
}

function ofTick(why: string): string | undefined {
  switch (why) {
    case 'own-operation':
      return t('format.missing.own-operation', 'virtmedic was acting on it');
    case 'settling':
      return t('format.missing.settling', 'it has just started');
    case 'bad-time':
      return t('format.missing.bad-time', 'the time was wrong');
    case 'first-reading':
      return t('format.missing.first-reading', 'first reading');
    case 'not-running':
      return t('format.missing.not-running', 'it did not run');
    case 'restart':
      return t('format.missing.restart', 'it was restarted');
    case 'clock-step':
      return t('format.missing.clock-step', 'the clock was set');
    case 'gap':
      return t('format.missing.gap', 'readings are missing');
    default:
      return undefined;
  }
}
