import { createDataFrame, FieldType, getPanelDataSummary, VisualizationSuggestionScore } from '@grafana/data';
import { suggest } from './suggestions';

const time = { name: 'time', type: FieldType.time, values: [1000] };

test.each([
  [
    'recoveries',
    [time, { name: 'host', values: ['h'] }, { name: 'outcome', values: ['failed'] }],
    [VisualizationSuggestionScore.Best],
  ],
  [
    'faults',
    [time, { name: 'Value', type: FieldType.number, values: [1], labels: { host: 'h', domain: 'd', fault: 'f' } }],
    [VisualizationSuggestionScore.Good],
  ],
  ['anything else', [time, { name: 'Value', type: FieldType.number, values: [1] }], []],
])('for %s', (_, fields, scores) => {
  expect(suggest(getPanelDataSummary([createDataFrame({ fields })])).map(({ score }) => score)).toEqual(scores);
});
