import { describe, expect, it } from 'vitest';
import { ActionFailed, ActionRefused } from '../actions/index.ts';
import { halfDone } from './half-done.ts';

describe('halfDone', () => {
  it('leaves nobody to believe that the guest is as it was', () => {
    expect(halfDone(new ActionRefused('keyboard-dead', 'no keyboard'), 'one was done')).toMatchObject({ name: 'Refusal', reason: 'keyboard-dead', message: 'no keyboard; one was done', effect: 'unknown' });
  });

  it('leaves failures as they are', () => {
    const failure = new ActionFailed('fence-lost', 'stays', { left: true });
    expect(halfDone(failure, 'x')).toBe(failure);
  });
});
