import { expect, it } from 'vitest';
import { makeGate } from './gate.ts';

const never = new AbortController().signal;

it('lets so many in, the others in order, and takes a second leaving for none', async () => {
  const gate = makeGate(1);
  const entered: number[] = [];
  const first = await gate.enter(never);
  const others = [1, 2].map(async (number) => {
    const leave = await gate.enter(never);
    entered.push(number);
    return leave;
  });
  await Promise.resolve();
  expect(entered).toEqual([]);
  first();
  first();
  const second = await others[0];
  expect(entered).toEqual([1]);
  second?.();
  await others[1];
  expect(entered).toEqual([1, 2]);
});

it('forgets who gave up waiting', async () => {
  const gate = makeGate(1);
  const leave = await gate.enter(never);
  const impatient = new AbortController();
  const given = gate.enter(impatient.signal);
  impatient.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  leave();
  (await gate.enter(never))();
});
