/** A frame of many recoveries, as the data source gives it; the same for the same numbers. */

const OUTCOMES = ['recovered', 'recovered', 'recovered', 'failed', 'escalated', 'suppressed', 'interrupted', 'dry_run'];
const FAULTS = ['domain_crashed', 'domain_hung', 'domain_panicked', 'domain_missing'];

export interface FrameJson {
  name: string;
  meta: object;
  fields: { name: string; type: string; values: unknown[]; config: object }[];
}

/** `count` recoveries of `lanes` domains on eight hosts, spread over the range and between 2 s and 2 min long. */
export function recoveriesFrame(count: number, lanes: number, fromMs: number, toMs: number): FrameJson {
  let seed = 20_261_122;
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const starts = Array.from({ length: count }, () => fromMs + random() * (toMs - fromMs)).sort((left, right) => left - right);
  const durations = starts.map(() => 2000 + random() * 118_000);
  const lane = starts.map((_, row) => (row * 7 + Math.floor(random() * 3)) % lanes);
  const text = (name: string, value: (row: number) => string): FrameJson['fields'][number] => ({ name, type: 'string', values: starts.map((_, row) => value(row)), config: {} });
  const ms = (name: string, share: number): FrameJson['fields'][number] => ({ name, type: 'number', values: durations.map((duration) => Math.round(duration * share)), config: { unit: 'ms' } });
  const host = (row: number): string => `host-${(lane[row] ?? 0) % 8}`;
  return {
    name: 'recoveries',
    meta: { custom: { virtmedic: { kind: 'recoveries', truncated: false, last: null } } },
    fields: [
      text('id', (row) => `recovery-${row}`),
      { name: 'time', type: 'time', values: starts.map(Math.round), config: {} },
      { name: 'timeEnd', type: 'time', values: starts.map((start, row) => Math.round(start + (durations[row] ?? 0))), config: {} },
      text('host', host),
      text('domain', (row) => `vm-${lane[row]}`),
      text('uuid', (row) => `00000000-0000-4000-8000-${String(lane[row]).padStart(12, '0')}`),
      text('fault', (row) => FAULTS[row % FAULTS.length] ?? ''),
      text('outcome', (row) => OUTCOMES[row % OUTCOMES.length] ?? ''),
      text('state', () => 'closed'),
      text('text', () => 'start: running and verified'),
      text('actions', () => 'start'),
      { name: 'attempts', type: 'number', values: starts.map(() => 1), config: {} },
      ms('durationMs', 1), ms('detectMs', 0.1), ms('decideMs', 0.2), ms('executeMs', 0.3), ms('verifyMs', 0.4),
      text('alert', () => 'VirtmedicDomainCrashed'), text('fromHost', host), text('toHost', host),
    ],
  };
}
