import { expect, it } from 'vitest';
import { MATRIX } from '../../guests/matrix.ts';
import { KERNEL_CHOICES } from '../../lab/guest/kernel-choice.ts';
import { chooseGuests } from './guests.ts';

it('takes one guest for each kernel, the one with clients first', () => {
  const chosen = chooseGuests(false, undefined);
  expect(chosen.map(({ kernel }) => kernel).toSorted()).toEqual([...KERNEL_CHOICES].sort());
  expect(chosen[0]?.kernel).toBe('6.12-cloud');
  expect(chosen.every(({ system }) => system === 'tiny')).toBe(true);
});

it('takes the whole matrix, or one guest, where that is asked for', () => {
  expect(new Set(chooseGuests(false, 'all'))).toEqual(new Set(MATRIX));
  expect(chooseGuests(false, 'all')).toHaveLength(MATRIX.length);
  expect(chooseGuests(true, undefined)).toHaveLength(1);
  expect(() => chooseGuests(false, 'some')).toThrow('allowed is "all"');
});
