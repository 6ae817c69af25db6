import { t } from '@grafana/i18n';
import type { Attempt, RecoveryDetail, Step } from '../../api/types';
import { actionWord } from '../../format/action';
import { AS_TEXT, cutText } from '../../format/text';

/** More moments than a person reads; what is left out is said. */
const MAX_MOMENTS = 300;
const MAX_WORD = 80;
const MAX_TEXT = 2000;

export type Tone = 'good' | 'bad' | 'plain';

/** One thing that was seen, decided or done. */
export interface Moment {
  atMs: number;
  kind: 'seen' | 'opened' | 'decided' | 'attempt' | 'step' | 'ended';
  /** What, in a few words. */
  title: string;
  /** More about it, maybe empty. */
  text: string;
  /** Null: it took no time, or it is not over. */
  tookMs: number | null;
  tone: Tone;
}

export interface Chronicle {
  moments: Moment[];
  /** Moments that were too many. */
  left: number;
}

/** Everything that is known of a recovery, in the order in which it happened. */
export function chronicle(detail: RecoveryDetail): Chronicle {
  const { incident } = detail;
  const moments = [
    ...list(incident.evidence).map(({ atMs, source, text }): Moment =>
      moment('seen', atMs, evidenceTitle(source), text)
    ),
    moment('opened', incident.openedAtMs, t('panel.table.chronicle.opened', 'Incident opened'), ''),
    // How it was closed is told by its end.
    ...list(detail.decisions)
      .filter(({ kind }) => kind !== 'close' || incident.closedAtMs === null)
      .map(({ atMs, kind, reason, why }) => moment('decided', atMs, decisionTitle(kind, reason), why)),
    ...released(incident),
    ...list(detail.attempts).map(attemptMoment),
    ...list(detail.steps).map(stepMoment),
    ...ended(incident),
  ].filter(({ atMs }) => Number.isFinite(atMs));
  // Stable: of two at the same time the cause is listed before what follows from it.
  moments.sort((a, b) => a.atMs - b.atMs);
  return { moments: moments.slice(0, MAX_MOMENTS), left: Math.max(0, moments.length - MAX_MOMENTS) };
}

function list<T>(items: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(items) ? items : [];
}

function moment(
  kind: Moment['kind'],
  atMs: number,
  title: string,
  text: string | null,
  more: Partial<Moment> = {}
): Moment {
  return { kind, atMs, title, text: cutText(text, MAX_TEXT), tookMs: null, tone: 'plain', ...more };
}

/** `waiting_for_alert` as words. */
export function words(identifier: unknown): string {
  return cutText(identifier, MAX_WORD).replaceAll('_', ' ');
}

function evidenceTitle(source: string): string {
  return t('panel.table.chronicle.seen', 'Seen: {{source}}', { source: words(source), ...AS_TEXT });
}

function decisionTitle(kind: string, reason: string): string {
  const values = { reason: words(reason), ...AS_TEXT };
  switch (kind) {
    case 'wait':
      return t('panel.table.chronicle.waits-for-alert', 'Waits for its alert');
    case 'hold':
      return t('panel.table.chronicle.waits', 'Waits: {{reason}}', values);
    case 'act':
      return t('panel.table.chronicle.acts', 'Decided to act: {{reason}}', {
        ...values,
        reason: actionWord(reason),
      });
    case 'notify':
      return t('panel.table.chronicle.notifies', 'Notifies: {{reason}}', values);
    case 'suppress':
      return t('panel.table.chronicle.suppresses', 'Leaves it: {{reason}}', values);
    case 'escalate':
      return t('panel.table.chronicle.escalates', 'Hands over to a person');
    default:
      return t('panel.table.chronicle.decides', 'Decided: {{kind}}, {{reason}}', { ...values, kind: words(kind) });
  }
}

function released({ releasedAtMs, releasedBy }: RecoveryDetail['incident']): Moment[] {
  if (typeof releasedAtMs !== 'number') {
    return [];
  }
  const by = words(releasedBy) || '–';
  return [
    moment('decided', releasedAtMs, t('panel.table.chronicle.released', 'Released by {{by}}', { by, ...AS_TEXT }), ''),
  ];
}

function attemptMoment({
  ordinal,
  action,
  host,
  actor,
  plannedAtMs,
  executingAtMs,
  endedAtMs,
  result,
  error,
}: Attempt): Moment {
  const title = t(
    'panel.table.chronicle.attempt',
    'Attempt {{ordinal}}: {{action}} on {{host}}, ordered by {{actor}}',
    {
      ordinal,
      action: actionWord(action),
      host: cutText(host, MAX_WORD),
      actor: cutText(actor, MAX_WORD),
      ...AS_TEXT,
    }
  );
  const text = [words(result), cutText(error, MAX_TEXT)].filter(Boolean).join(': ');
  return moment('attempt', plannedAtMs, title, text, {
    tookMs: length(executingAtMs ?? plannedAtMs, endedAtMs),
    tone: toneOf(result),
  });
}

function stepMoment({ name, state, startedAtMs, endedAtMs, detail }: Step): Moment {
  const text = [
    state === 'started' ? t('panel.table.chronicle.under-way', 'under way') : words(state),
    cutText(detail, MAX_TEXT),
  ];
  return moment('step', startedAtMs, cutText(name, MAX_WORD), text.filter(Boolean).join(': '), {
    tookMs: length(startedAtMs, endedAtMs),
    tone: toneOf(state),
  });
}

function ended({ closedAtMs, outcome, outcomeText }: RecoveryDetail['incident']): Moment[] {
  if (typeof closedAtMs !== 'number') {
    return [];
  }
  const title = t('panel.table.chronicle.ended', 'Ended: {{outcome}}', { outcome: words(outcome) || '–', ...AS_TEXT });
  return [moment('ended', closedAtMs, title, outcomeText, { tone: toneOf(outcome) })];
}

function length(fromMs: number | null, toMs: number | null): number | null {
  return typeof fromMs === 'number' && typeof toMs === 'number' ? toMs - fromMs : null;
}

function toneOf(result: string | null): Tone {
  if (result === 'succeeded' || result === 'recovered') {
    return 'good';
  }
  return result === 'failed' || result === 'timed_out' || result === 'unavailable' || result === 'escalated'
    ? 'bad'
    : 'plain';
}
