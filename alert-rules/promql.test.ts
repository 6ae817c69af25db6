import { expect, test } from 'vitest';
import { selectors } from './promql.ts';

const names = (expression: string) => selectors(expression).map((selector) => selector.metric);

test.each([
  ['up', ['up']],
  ['vector(1)', []],
  ['absent(a) and on () b == 1', ['a', 'b']],
  ['time() - (a > 0) > 300', ['a']],
  ['sum without (x, y) (increase(a_total[5m])) >= 3', ['a_total']],
  ['sum(increase(a_total[5m])) by (x)', ['a_total']],
  ['a * on (x) group_left (y) b offset 5m', ['a', 'b']],
  ['a and group_left_total', ['a', 'group_left_total']],
  ['max by (x) (label_replace(a == 1, "y", "$1", "z", "b{c}"))', ['a']],
  ['level:a:sum > bool 1e3 # c', ['level:a:sum']],
  ['histogram_quantile(0.99, sum by (le) (rate(a_bucket{x="}"}[5m])))', ['a_bucket']],
])('%s reads %j', (expression, expected) => {
  expect(names(expression)).toEqual(expected);
});

test('matchers', () => {
  expect(selectors('a{x="1",y=~"b|c", z!=""} > 0')).toEqual([
    {
      metric: 'a',
      matchers: [
        { label: 'x', operator: '=', value: '1' },
        { label: 'y', operator: '=~', value: 'b|c' },
        { label: 'z', operator: '!=', value: '' },
      ],
    },
  ]);
});
