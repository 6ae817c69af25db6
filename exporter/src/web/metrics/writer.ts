/**
 * Writes the Prometheus text exposition format 0.0.4. Each series keeps its finished `name{labels} `, so that a scrape of
 * 100,000 series only adds the numbers.
 */

export type MetricType = 'counter' | 'gauge';

/** One metric: all its series are written together. */
export interface Family {
  readonly name: string;
  /** Its `# HELP` and `# TYPE` lines. */
  readonly header: string;
  /** Place of the family's prefixes in `Labels.prefixes`. */
  readonly index: number;
}

/** A set of labels, to be kept as long as its target exists: it carries the cached prefixes. */
export interface Labels {
  /** `{host="a",domain="b"} `, or one space. */
  readonly text: string;
  readonly prefixes: string[];
  /** Labels that add to these, by kind and key; see `childLabels`. */
  readonly children: Map<string | number, Labels>[];
}

export interface Writer {
  /** The samples that follow belong to this family; it is written only if there are any. */
  begin(family: Family): void;
  sample(labels: Labels, value: number): void;
  /** Text that is already in the format, whole lines. */
  append(text: string): void;
  finish(): Buffer;
}

let families = 0;

/** Families are constants of the program: made once, never in a loop. */
export function family(name: string, type: MetricType, help: string): Family {
  const helpText = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return { name, header: `# HELP ${name} ${helpText}\n# TYPE ${name} ${type}\n`, index: families++ };
}

/** Values may be hostile: names come from guests' owners. Names of labels are constants. */
export function labelsOf(pairs: Readonly<Record<string, string>>): Labels {
  const text = Object.entries(pairs)
    .map(([name, value]) => `${name}="${escapeValue(value)}"`)
    .join(',');
  return { text: text === '' ? ' ' : `{${text}} `, prefixes: [], children: [] };
}

function escapeValue(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

export function formatValue(value: number): string {
  if (Number.isFinite(value)) return `${value}`;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** Samples that are joined before they are copied: enough to make the copy cheap, few enough to stay in the cache. */
const CHUNK_SAMPLES = 512;
const UTF8_MAX_BYTES_PER_UNIT = 3;
const FIRST_BYTES = 65_536;

/** `expectedBytes`: size of the text before, so that the buffer rarely grows. */
export function createWriter(expectedBytes = FIRST_BYTES): Writer {
  let buffer = Buffer.allocUnsafe(Math.max(FIRST_BYTES, Math.ceil(expectedBytes * 1.1)));
  let at = 0;
  let chunk = '';
  let samples = 0;
  let current: Family | null = null;
  let headerDue = false;

  function flush(): void {
    const most = chunk.length * UTF8_MAX_BYTES_PER_UNIT;
    if (buffer.length - at < most) {
      const grown = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + most));
      buffer.copy(grown, 0, 0, at);
      buffer = grown;
    }
    at += buffer.write(chunk, at, 'utf8');
    chunk = '';
    samples = 0;
  }

  return {
    begin(family) {
      current = family;
      headerDue = true;
    },
    sample(labels, value) {
      const family = current as Family;
      if (headerDue) {
        chunk += family.header;
        headerDue = false;
      }
      chunk += (labels.prefixes[family.index] ??= family.name + labels.text) + formatValue(value) + '\n';
      if (++samples >= CHUNK_SAMPLES) flush();
    },
    append(text) {
      chunk += text;
      flush();
    },
    finish() {
      flush();
      return buffer.subarray(0, at);
    },
  };
}
