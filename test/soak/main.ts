/**
 * What only real time can show (`npm run test:soak`): an idle guest without balloon statistics is left alone, however long it is
 * silent, and the daemon does not grow meanwhile.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';

const HELP = `Watches an idle guest without balloon statistics in real time; fails if anything is opened or done about it.

Usage: npm run test:soak -- [--minutes N]

  --minutes N   how long (default 30)
  -h, --help    this text

Exit codes: 0 nothing happened, as it should be; 1 something did; 2 wrong usage.
`;

const LOOK_EVERY_MS = 15_000;
const REPORT_EVERY_LOOKS = 4;

async function main(minutes: number): Promise<number> {
  const stack = await startStack({
    hosts: 1,
    name: 'soak',
    onProgress: (text) => console.error(text),
    async prepare(lab) {
      // No driver of the guest runs after its boot: nothing is sent, nothing written, no statistics reported.
      const guest = lab.guest(lab.host(1), { name: 'idle', balloonPeriodSeconds: 0, kernelArguments: 'rdinit=/bin/busybox -- sleep 1000000' });
      await guest.start();
      return { domains: [{ managed: true, trigger: 'direct', restartPolicy: 'always' }], sampling: { intervalSeconds: 5 } };
    },
  });
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  try {
    return await watch(stack, minutes, interrupted.signal);
  } finally {
    await stack.stop();
  }
}

async function watch(stack: Stack, minutes: number, signal: AbortSignal): Promise<number> {
  const looks = Math.ceil((minutes * 60_000) / LOOK_EVERY_MS);
  for (let look = 1; look <= looks; look += 1) {
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return 130;
    const history = await stack.api.recoveries();
    if (history.length > 0) {
      console.error(`after ${(look * LOOK_EVERY_MS) / 1000} s: ${JSON.stringify(history)}`);
      return 1;
    }
    if (look % REPORT_EVERY_LOOKS === 0) console.error(`${(look * LOOK_EVERY_MS) / 60_000} min: no incident; resident memory ${residentMib(stack.virtmedic.pid)} MiB`);
  }
  console.log(`${minutes} min: no incident, no action`);
  return 0;
}

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib ?? 0) / 1024);
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' }, help: { type: 'boolean', short: 'h', default: false } } });
const minutes = Number(values.minutes);
if (values.help) console.log(HELP);
else if (!(minutes > 0)) {
  console.error(`--minutes ${values.minutes}: expected a number above 0\n\n${HELP}`);
  process.exitCode = 2;
} else process.exitCode = await main(minutes);
