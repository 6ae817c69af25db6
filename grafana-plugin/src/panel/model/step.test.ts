import { stepOf } from './step';

test.each<[what: string, told: number | null, times: number[][], asked: number | null, step: number]>([
  ['as the source says', 5000, [[0, 1000]], 2000, 5000],
  ['else the least distance, whatever the order', null, [[9000, 0, 3000], [50_000]], null, 3000],
  ['unless it is far longer than asked for', null, [[0, 60_000]], 5000, 5000],
  ['else as asked for', NaN, [[7]], 5000, 5000],
  ['else as Prometheus scrapes', -1, [], null, 15_000],
  ['never nothing', 0, [[4, 4, 4]], 0, 15_000],
])('%s', (_, told, times, asked, step) => {
  expect(stepOf(told, times, asked)).toBe(step);
});
