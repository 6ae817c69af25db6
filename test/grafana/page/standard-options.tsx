/** Registries that core fills at its start: field options with what applies them, and transformers. Their editors are core's and left out. */
import * as data from '@grafana/data';
import type { FieldConfigPropertyItem, StandardEditorsRegistryItem } from '@grafana/data';

const NoEditor = () => null;
const EDITORS = [
  'text', 'number', 'boolean', 'radio', 'select', 'multi-select', 'slider', 'color', 'unit', 'links', 'actions', 'mappings', 'thresholds', 'strings', 'timezone',
  'fieldColor', 'field-name', 'dashboard-uid', 'stats-picker', 'layers', 'resource', 'string', 'textarea',
];

type Process = FieldConfigPropertyItem['process'];

function option(id: string, process: Process, defaultValue?: unknown): FieldConfigPropertyItem {
  return { id, path: id, name: id, editor: NoEditor, override: NoEditor, process, shouldApply: () => true, settings: {}, ...(defaultValue === undefined ? {} : { defaultValue }) } as unknown as FieldConfigPropertyItem;
}

const FIRST_STEP = { mode: 'absolute', steps: [{ value: -Infinity, color: 'green' }, { value: 80, color: 'red' }] };

export function fillRegistries(): void {
  data.standardEditorsRegistry.setInit(() => EDITORS.map((id) => ({ id, name: id, editor: NoEditor }) as unknown as StandardEditorsRegistryItem));
  data.standardFieldConfigEditorRegistry.setInit(() => [
    option('displayName', data.displayNameOverrideProcessor as Process),
    option('unit', data.unitOverrideProcessor as Process),
    option('min', data.numberOverrideProcessor as Process),
    option('max', data.numberOverrideProcessor as Process),
    option('decimals', data.numberOverrideProcessor as Process),
    option('thresholds', data.thresholdsOverrideProcessor as Process, FIRST_STEP),
    option('mappings', data.valueMappingsOverrideProcessor as Process, []),
    option('noValue', data.stringOverrideProcessor as Process),
    option('links', data.dataLinksOverrideProcessor as Process),
    option('color', data.identityOverrideProcessor as Process),
    option('filterable', data.booleanOverrideProcessor as Process),
  ]);
  // Some are listed under two names.
  const transformers = new Map(Object.values(data.standardTransformers).map((one) => [one.id, one]));
  data.standardTransformersRegistry.setInit(() => [...transformers.values()].map((transformation) => ({
    id: transformation.id, name: transformation.name, transformation: () => Promise.resolve(transformation), defaultOptions: transformation.defaultOptions, editor: NoEditor, imageDark: '', imageLight: '',
  }) as unknown as data.TransformerRegistryItem));
}
