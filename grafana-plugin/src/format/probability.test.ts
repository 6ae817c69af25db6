import { formatProbability } from './probability';

test.each([
  [0, '0%'],
  [1e-9, '< 1%'],
  [0.0099, '< 1%'],
  [0.01, '1%'],
  [0.834, '83%'],
  [0.99, '99%'],
  [0.9901, '> 99%'],
  [1, '100%'],
  [NaN, '–'],
  [null, '–'],
  [undefined, '–'],
])('%p is %s', (probability, text) => {
  expect(formatProbability(probability)).toBe(text);
});
