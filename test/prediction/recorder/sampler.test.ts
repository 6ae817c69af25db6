import { expect, it } from 'vitest';
import { readingOf } from '../../../exporter/src/perception/readings.ts';
import { merge } from './sampler.ts';

it('takes a domain that two hosts know from where it runs', () => {
  const [here, there] = [readingOf({ 'state.state': 1 }, 1), readingOf({ 'state.state': 3 }, 2)];
  for (const answers of [[new Map([['u', here]]), new Map([['u', there]])], [new Map([['u', there]]), new Map([['u', here]])]]) {
    expect(merge(answers).get('u')).toBe(here);
  }
});
