import { expect, it } from 'vitest';
import { MATRIX } from '../../guests/matrix.ts';
import { KERNEL_CHOICES } from '../../lab/guest/kernel-choice.ts';
import { chooseGuests } from './guests.ts';

it('takes a tiny and a Debian guest for each kernel, the one with clients first', () => {
  const chosen = chooseGuests(false, undefined);
  expect(chosen.map(({ system, kernel }) => `${system} ${kernel}`).toSorted()).toEqual(KERNEL_CHOICES.flatMap((kernel) => [`tiny ${kernel}`, `debian ${kernel}`]).sort());
  expect(chosen[0]).toMatchObject({ system: 'tiny', kernel: '6.12-cloud' });
});

it('takes the whole matrix, or one guest, where that is asked for', () => {
  expect(new Set(chooseGuests(false, 'all'))).toEqual(new Set(MATRIX));
  expect(chooseGuests(false, 'all')).toHaveLength(MATRIX.length);
  expect(chooseGuests(true, undefined)).toHaveLength(1);
  expect(() => chooseGuests(false, 'some')).toThrow('allowed is "all"');
});
