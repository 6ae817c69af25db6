import { expect, test } from 'vitest';
import { CommandError, run, runSync } from './command.ts';

test('output comes back, input goes in', async () => {
  expect(await run('cat', [], { input: 'text' })).toBe('text');
  expect(runSync('cat', [], { input: 'text' })).toBe('text');
});

test('a failure says which command, how it ended and in its own words', async () => {
  const failing = ['-c', 'echo broken >&2; exit 3'];
  await expect(run('sh', failing)).rejects.toThrow(/^sh -c .*: ended with status 3: broken$/s);
  expect(() => runSync('sh', failing)).toThrow(/ended with status 3: broken/);
  await expect(run('no-such-command-here', ['x'])).rejects.toThrow('no-such-command-here x: did not finish: no such command');
  expect(() => runSync('no-such-command-here', [])).toThrow('no such command');
});

test('a command that takes too long is killed', async () => {
  const error = await run('sleep', ['60'], { timeoutMs: 50 }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(CommandError);
  expect((error as CommandError).exitCode).toBeUndefined();
  expect(() => runSync('sleep', ['60'], { timeoutMs: 50 })).toThrow(CommandError);
});
