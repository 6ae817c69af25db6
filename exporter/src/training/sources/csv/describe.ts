/** What a CSV file was found to be, in words. */
import type { CsvSource } from '../csv.ts';
import { TIME_FORMS } from './cells.ts';
import { CSV_COLUMNS, nameOfDelimiter } from './header.ts';

const MOST_NAMES = 10;

/** Complete when the source's ticks have come to their end. */
export function describeCsv({ survey, tickSeconds, problems }: CsvSource): string[] {
  const { header, columns, units } = survey;
  const local = survey.localTime ? ' without a zone: taken as local time' : '';
  const known = CSV_COLUMNS.filter((name) => header.columns[name] !== null);
  const unitOf = (name: string): string => (name === 'cpu' || name === 'memory' ? `${name} as ${units[name]}` : `${name} in bytes/s`);
  const absent = CSV_COLUMNS.filter((name) => header.columns[name] === null);
  const telling = tickSeconds === survey.medianSeconds || Math.abs(tickSeconds - (survey.medianSeconds ?? 0)) < 0.01 * tickSeconds;
  const median = survey.medianSeconds === null ? 'as told' : telling ? 'the median time between rows' : `rows lie ${survey.medianSeconds} s apart`;
  return [
    `${survey.rows} rows, separated by ${nameOfDelimiter(header.delimiter)}; timestamps: ${TIME_FORMS[survey.timeForm]}${local}; ${known.map(unitOf).join(', ')}`,
    `ticks of ${tickSeconds} s (${median})`,
    ...(absent.length === 0 ? [] : [`not there: ${absent.join(', ')}`]),
    ...(header.others.length === 0 ? [] : [`columns not used: ${header.others.slice(0, MOST_NAMES).join(', ')}${header.others.length > MOST_NAMES ? ` and ${header.others.length - MOST_NAMES} more` : ''}`]),
    ...known.flatMap((name) => {
      const column = columns[name];
      if (column === null || column.count === 0) return [`${name} has no usable value in any row`];
      return column.least === column.largest && column.count > 1 ? [`${name} is ${column.least} in all rows, which tells nothing`] : [];
    }),
    ...problems().map(({ text, count, firstLine }) => `${text}: ${count} (first in line ${firstLine})`),
  ];
}
