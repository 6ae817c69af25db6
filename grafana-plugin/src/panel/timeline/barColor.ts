/** The colour of a bar: the status's, unless the user's field settings say otherwise. */
import { FieldColorModeId, getDisplayProcessor, type Field, type GrafanaTheme2 } from '@grafana/data';
import type { FieldsOfItem, RecoveryItem, Status } from '../model/types';
import { statusLook } from '../status/statusLook';

type Override = (item: RecoveryItem) => string | undefined;

/**
 * How to colour items in this theme. In this order: a value mapping with a colour on the outcome; a single colour set for the outcome;
 * thresholds, or a single colour, on the duration; the status. Fields are looked at once, not per item.
 */
export function barColors(theme: GrafanaTheme2): (item: RecoveryItem) => string {
  const overrides = new WeakMap<FieldsOfItem, Override | null>();
  const byStatus = new Map<Status, string>();
  const ofStatus = (status: Status): string => {
    let color = byStatus.get(status);
    if (color === undefined) {
      color = statusLook(theme, status).color;
      byStatus.set(status, color);
    }
    return color;
  };
  return (item) => {
    let override = overrides.get(item.fields);
    if (override === undefined) {
      override = overrideOf(item.fields, theme);
      overrides.set(item.fields, override);
    }
    return override?.(item) ?? ofStatus(item.status);
  };
}

function overrideOf({ status, duration }: FieldsOfItem, theme: GrafanaTheme2): Override | null {
  const found = [
    mappedColor(status, theme),
    chosenColor(status, [FieldColorModeId.Fixed]),
    chosenColor(duration, [FieldColorModeId.Fixed, FieldColorModeId.Thresholds]),
  ];
  const overrides = found.filter((override) => override !== null);
  if (overrides.length === 0) {
    return null;
  }
  return (item) => {
    for (const override of overrides) {
      const color = override(item);
      if (color !== undefined) {
        return color;
      }
    }
    return undefined;
  };
}

/** Colours that value mappings give; a value that none with a colour meets looks as it does without them, and has none. */
function mappedColor(field: Field | undefined, theme: GrafanaTheme2): Override | null {
  const mappings = field?.config?.mappings ?? [];
  if (!field || mappings.length === 0) {
    return null;
  }
  const [mapped, plain] = [mappings, []].map((used) =>
    getDisplayProcessor({ field: { type: field.type, config: { mappings: used } }, theme })
  );
  const byValue = new Map<unknown, string | undefined>();
  return ({ row }) => {
    const value: unknown = field.values[row];
    if (!byValue.has(value)) {
      const color = mapped?.(value).color;
      byValue.set(value, color === plain?.(value).color ? undefined : color);
    }
    return byValue.get(value);
  };
}

function chosenColor(field: Field | undefined, modes: string[]): Override | null {
  const { display } = field ?? {};
  const color = field?.config?.color;
  if (!field || !display || !color || !modes.includes(color.mode)) {
    return null;
  }
  if (color.mode === FieldColorModeId.Fixed && !color.fixedColor) {
    return null;
  }
  return ({ row }) => display(field.values[row]).color;
}
