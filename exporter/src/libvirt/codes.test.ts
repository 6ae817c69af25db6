import { expect, it } from 'vitest';
import { lifecycleDetailName, lifecycleEventName, reasonName, stateName } from './codes.ts';

it('names states, reasons, events and details, and does not guess', () => {
  expect([stateName(5), reasonName(5, 3)]).toEqual(['SHUTOFF', 'CRASHED']);
  expect([stateName(3), reasonName(3, 5)]).toEqual(['PAUSED', 'IOERROR']);
  expect([stateName(6), reasonName(6, 1)]).toEqual(['CRASHED', 'PANICKED']);
  expect([stateName(0), reasonName(0, 0)]).toEqual(['NOSTATE', 'UNKNOWN']);
  expect([stateName(99), reasonName(99, 4), reasonName(1, 77)]).toEqual(['code 99', 'code 4', 'code 77']);
  expect([lifecycleEventName(5), lifecycleDetailName(5, 5)]).toEqual(['STOPPED', 'FAILED']);
  expect([lifecycleEventName(42), lifecycleDetailName(42, 1)]).toEqual(['code 42', 'code 1']);
});
