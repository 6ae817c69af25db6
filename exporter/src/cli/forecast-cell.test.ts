import { expect, it } from 'vitest';
import { sampleForecast } from '../web/testing/fakes.ts';
import { forecastCell } from './forecast-cell.ts';

const of = (probability: number, more: Parameters<typeof sampleForecast>[0] = {}) => forecastCell(sampleForecast({ failureProbability: [{ horizonSeconds: 60, probability }, { horizonSeconds: 300, probability: 1 }], ...more }));

it('shows the first horizon in percent, and whether to believe it', () => {
  expect([of(0), of(0.004), of(0.005), of(0.126), of(1)]).toEqual(['<1 %', '<1 %', '1 %', '13 %', '100 %']);
  expect(of(0.02, { coldStart: true })).toEqual({ text: '2 % learning', tone: 'doubtful' });
  expect(of(0.93, { failing: true, coldStart: true })).toEqual({ text: '93 % failing', tone: 'bad' });
  expect([forecastCell(null), forecastCell(sampleForecast({ failureProbability: [] }))]).toEqual(['-', '-']);
});
