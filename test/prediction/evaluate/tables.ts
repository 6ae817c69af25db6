/** Figures as Markdown, for people and for the record in the README. */
import type { Limits } from './alarms.ts';
import type { Figures } from './figures.ts';

export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export const FIGURES_HEAD = ['recall', 'lead (median)', 'false alarms', 'VM-days', 'a day', 'at most (95 %)', 'survivors alarmed'] as const;

export function figuresCells(figures: Figures): string[] {
  const { recall, recalled, events, leadSecondsMedian, falseAlarms, healthyDays, falseAlarmsPerDay, falseAlarmsPerDayUpper, survived, alarmedSurvivors } = figures;
  return [
    recall === null ? '-' : `${recall.toFixed(2)} (${recalled} of ${events})`, seconds(leadSecondsMedian), String(falseAlarms), healthyDays.toFixed(3),
    number(falseAlarmsPerDay), number(falseAlarmsPerDayUpper), `${alarmedSurvivors} of ${survived}`,
  ];
}

export function kindsTable({ byKind }: Figures): string {
  const rows = [...byKind].map(([kind, { events, recalled, leadSecondsMedian, falseAlarms, healthyDays }]) =>
    [kind, events === 0 ? '-' : `${recalled} of ${events}`, seconds(leadSecondsMedian), String(falseAlarms), healthyDays.toFixed(3)]);
  return tableOf(['kind', 'recalled', 'lead (median)', 'false alarms', 'VM-days'], rows);
}

export function limitsText({ raiseAbove, raiseForSeconds, clearBelow, clearForSeconds }: Limits): string {
  return `${Number(raiseAbove.toPrecision(3))} for ${raiseForSeconds} s / ${Number(clearBelow.toPrecision(3))} for ${clearForSeconds} s`;
}

function seconds(value: number | null): string {
  return value === null ? '-' : `${Math.round(value)} s`;
}

function number(value: number | null): string {
  return value === null ? '-' : value.toFixed(2);
}
