import { FieldColorModeId, formattedValueToString, type Field, type Threshold } from '@grafana/data';
import { formatDuration } from '../../format/duration';
import type { RecoveryItem } from '../model/types';

/** The unit that the source gives; nobody chose it. */
const UNIT_OF_SOURCE = 'ms';

export interface DurationDisplay {
  text: string;
  /** Of the user's thresholds; null: none are set. */
  color: string | null;
}

/** How long it took, or has taken so far: as the user configured the field, else in words. */
export function durationDisplay(item: RecoveryItem, nowMs: number): DurationDisplay {
  const lengthMs = (item.endMs ?? nowMs) - item.startMs;
  const field = item.fields?.duration;
  const display = field?.display;
  if (!field || !display || !Number.isFinite(lengthMs)) {
    return { text: formatDuration(lengthMs), color: null };
  }
  const { color } = display(lengthMs);
  return {
    text: isFormatted(field) ? formattedValueToString(display(lengthMs)) : formatDuration(lengthMs),
    color: hasThresholds(field) && color ? color : null,
  };
}

function isFormatted({ config }: Field): boolean {
  const hasUnit = Boolean(config.unit) && config.unit !== UNIT_OF_SOURCE;
  return hasUnit || typeof config.decimals === 'number' || (config.mappings?.length ?? 0) > 0;
}

function hasThresholds({ config }: Field): boolean {
  const steps = config.thresholds?.steps ?? [];
  return config.color?.mode === FieldColorModeId.Thresholds && steps.length > 1 && !isGrafanasDefault(steps);
}

/** What Grafana sets where nobody chose: red from 80 on. Of a recovery's milliseconds that would make every one red. */
function isGrafanasDefault(steps: Threshold[]): boolean {
  return steps.length === 2 && steps[1]?.value === 80 && steps[1].color === 'red';
}
