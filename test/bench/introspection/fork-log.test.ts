import { expect, it } from 'vitest';
import { parseForkLog } from './fork-log.ts';

const STATS = 'entries: 3\noverrun: 0\ncommit overrun: 0\nbytes: 96\ndropped events: 0\nread events: 0\n';

it('counts how often each pid was given away', () => {
  expect([...parseForkLog(`${STATS}${STATS}#pids\n70\n71\n70\n`)]).toEqual([[70, 2], [71, 1]]);
});

it('is refused where it is not all of it', () => {
  expect(() => parseForkLog(`${STATS.replace('overrun: 0', 'overrun: 4')}#pids\n70\n`)).toThrow('lost some');
  expect(() => parseForkLog(`${STATS.replace('dropped events: 0', 'dropped events: 1')}#pids\n70\n`)).toThrow('lost some');
  expect(() => parseForkLog(STATS)).toThrow('not whole');
  expect(() => parseForkLog('#pids\n70\n')).toThrow('not whole');
});
