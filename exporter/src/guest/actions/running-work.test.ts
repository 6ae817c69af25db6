import { describe, expect, test } from 'vitest';
import { createWorkReader } from './running-work.ts';
import { simulateGuest } from './testing/simulated-guest.ts';
import { createActionTasks } from './tasks.ts';

const WORK = 0x1000n;
const FUNCTION = 0x2000n;

/** A guest whose one worker has this work item and function; null: it cannot be read. */
function reader(item: bigint | null, running: bigint | null, isListed = true) {
  const { kernel } = simulateGuest();
  const tasks = createActionTasks(kernel);
  const worker = tasks.list()?.find(({ isWorker }) => isWorker)?.workerPrivate ?? 0n;
  const at = (kernel.readU64(worker + 24n) ?? 0n);
  const readU64 = (place: bigint) => (place === at + 16n ? item : place === at + 24n ? running : kernel.readU64(place));
  return createWorkReader({ ...kernel, readU64 }, isListed ? tasks : { ...tasks, list: () => null })(WORK, FUNCTION);
}

describe('whether a worker runs a function for a work item', () => {
  test.each([
    ['neither', 0n, 0n, 'idle'],
    ['something else', 0x3000n, 0x4000n, 'idle'],
    ['the item, by whatever function', WORK, 0x4000n, 'running'],
    ['the function, for whatever item', 0x3000n, FUNCTION, 'running'],
    ['an item that cannot be read', null, 0x4000n, 'unknown'],
    ['a function that cannot be read', 0x3000n, null, 'unknown'],
  ] as const)('%s', (_what, item, running, state) => {
    expect(reader(item, running)).toBe(state);
  });

  test('is unknown without a list of processes', () => {
    expect(reader(0n, 0n, false)).toBe('unknown');
  });
});
