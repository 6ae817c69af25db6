import {
  textUtil,
  type AnnotationEvent,
  type AnnotationQuery,
  type AnnotationSupport,
  type DataFrame,
} from '@grafana/data';
import { t } from '@grafana/i18n';
import { of } from 'rxjs';
import { formatDuration } from '../format/duration';
import { faultLabel } from '../format/fault';
import { AS_TEXT } from '../format/text';
import { FIELD } from '../frames/names';
import { AnnotationQueryEditor } from './editors/QueryEditor';
import type { VirtmedicQuery } from './types';

const DEFAULT: Partial<VirtmedicQuery> = { kind: 'recoveries', limit: 500, live: false };

/** Recoveries as regions in the graphs of others, incidents in progress up to the end of the range. */
export const annotationSupport: AnnotationSupport<VirtmedicQuery> = {
  QueryEditor: AnnotationQueryEditor,
  getDefaultQuery: () => DEFAULT,
  prepareAnnotation: (stored: AnnotationQuery<VirtmedicQuery>) => ({
    ...stored,
    target: { refId: 'annotation', ...DEFAULT, ...stored.target } as VirtmedicQuery,
  }),
  // Grafana asks once for annotations, and shows them when the answer ends.
  prepareQuery: ({ target }) => (target === undefined ? undefined : { ...target, live: false }),
  processEvents: (_annotation, frames) => of(frames.flatMap(eventsOf)),
};

function eventsOf(frame: DataFrame): AnnotationEvent[] {
  const field = (name: string) => frame.fields.find((one) => one.name === name);
  const value = (name: string, row: number): unknown => field(name)?.values[row];
  return Array.from({ length: field(FIELD.time) === undefined ? 0 : frame.length }, (_, row) =>
    eventOf((name) => value(name, row))
  ).filter((event) => event !== null);
}

function eventOf(value: (name: string) => unknown): AnnotationEvent | null {
  const time = value(FIELD.time);
  if (typeof time !== 'number') {
    return null;
  }
  const text = (name: string): string => {
    const given = value(name);
    return typeof given === 'string' ? given : '';
  };
  const [host, domain, app] = [text(FIELD.host), text(FIELD.domain), text(FIELD.app)];
  const [fault, outcome] = [text(FIELD.fault), text(FIELD.outcome)];
  const end = value(FIELD.timeEnd);
  const isOver = typeof end === 'number';
  const durationMs = value(FIELD.durationMs);
  const took = typeof durationMs === 'number' ? formatDuration(durationMs) : '';
  const lines = [
    outcome === ''
      ? t('datasource.annotation.in-progress', 'In progress')
      : [outcome, took].filter(Boolean).join(' · '),
    text(FIELD.text),
    text(FIELD.actions),
  ];
  const title = t('datasource.annotation.title', '{{target}}: {{fault}}', {
    target: [domain || host, app].filter(Boolean).join('/'),
    fault: faultLabel(fault),
    ...AS_TEXT,
  });
  return {
    id: text(FIELD.id),
    time,
    timeEnd: Math.max(time, isOver ? end : Date.now()),
    isRegion: true,
    // Grafana shows both as HTML.
    title: textUtil.escapeHtml(title),
    text: lines
      .filter((line) => line !== '')
      .map(textUtil.escapeHtml)
      .join('<br>'),
    tags: [fault, outcome, host, domain, app].filter((tag) => tag !== ''),
  };
}
