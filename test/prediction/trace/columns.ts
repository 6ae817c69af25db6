import type { DomainReading } from '../../../exporter/src/prediction/observation/reading.ts';

type NumberField = Exclude<keyof DomainReading, 'atMs' | 'running'>;

/** The order of the columns in a file; the compiler sees to it that none is forgotten. */
const NUMBER_FIELD_SET: Readonly<Record<NumberField, true>> = {
  vcpus: true,
  cpuNanoseconds: true,
  vcpuDelayNanoseconds: true,
  memoryTotalBytes: true,
  memoryUnusedBytes: true,
  memoryUsableBytes: true,
  memoryRssBytes: true,
  majorFaults: true,
  swapInBytes: true,
  swapOutBytes: true,
  receivedBytes: true,
  transmittedBytes: true,
  receivedPackets: true,
  transmittedPackets: true,
  readBytes: true,
  writtenBytes: true,
  readRequests: true,
  writeRequests: true,
  readNanoseconds: true,
  writeNanoseconds: true,
  diskAllocatedBytes: true,
  diskCapacityBytes: true,
};
export const NUMBER_FIELDS = Object.keys(NUMBER_FIELD_SET) as readonly NumberField[];
export const COLUMNS: readonly (keyof DomainReading)[] = ['atMs', 'running', ...NUMBER_FIELDS];

const MISSING = '~';

/** One line: the greatest common divisor, then each value's difference to the last known one in units of it; `~` where there is none. */
export function encodeColumn(values: readonly (number | null)[]): string {
  let divisor = 0;
  for (const value of values) divisor = greatestCommonDivisor(divisor, value ?? 0);
  const unit = Math.max(divisor, 1);
  let last = 0;
  const tokens = values.map((value) => {
    if (value === null) return MISSING;
    const difference = (value - last) / unit;
    last = value;
    return String(difference);
  });
  return [String(unit), ...tokens].join(' ');
}

/** @throws Error that says which token is wrong; every value that comes out is a whole number from 0 to 2^53. */
export function decodeColumn(line: string, count: number): (number | null)[] {
  const tokens = line.split(' ');
  if (tokens.length !== count + 1) throw new Error(`${tokens.length - 1} values instead of ${count}`);
  const unit = wholeNumber(tokens[0] ?? '');
  if (unit < 1) throw new Error(`unit ${tokens[0]}`);
  let last = 0;
  return tokens.slice(1).map((token) => {
    if (token === MISSING) return null;
    last += wholeNumber(token) * unit;
    if (!Number.isSafeInteger(last) || last < 0) throw new Error(`a value out of range at "${token.slice(0, 20)}"`);
    return last;
  });
}

function wholeNumber(token: string): number {
  if (!/^-?\d{1,16}$/.test(token)) throw new Error(`"${token.slice(0, 20)}" is no whole number`);
  return Number(token);
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
