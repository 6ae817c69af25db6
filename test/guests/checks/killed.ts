import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { healDomain } from '../../../exporter/src/guest/actions/index.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import type { GuestCheck } from '../check.ts';
import { actOn } from './unharmed.ts';
import type { ActedOn } from './unharmed.ts';
import type { LinuxGuest } from '../../lab/lab.ts';

const SCRIPT = fileURLToPath(new URL('../../../exporter/src/guest/actions/testing/act-and-be-killed.ts', import.meta.url));
export const KILLS = 50;
const PARTS = 5;
/** An action takes about so long: the moments are spread over all of it. */
const WAYS = [{ name: 'keyboard', mostMs: 150 }, { name: 'injection', mostMs: 1500 }] as const;
const READY_MS = 60_000;

/** kill -9 of what acts, at any moment: the guest runs on, and the next start leaves it clean. */
export const killed: GuestCheck = {
  name: 'killed',
  what: `${KILLS} times what acts in it is killed at a random moment: it runs on, and healing leaves it as it was`,
  timeoutSeconds: 900,
  parts: PARTS,
  onlyByName: true,
  async run({ guest, entry, signal }) {
    await using acted = await actOn(guest);
    const ways = WAYS.filter(({ name }) => name !== 'keyboard' || entry.options.keyboard !== false);
    const results = { clean: 0, healed: 0 };
    for (let kill = 0; kill < KILLS / PARTS; kill++) {
      signal.throwIfAborted();
      const way = ways[kill % ways.length] ?? WAYS[1];
      await actAndKill(guest, acted, way.name, Math.random() * way.mostMs);
      results[await healed(acted)] += 1;
      await acted.expectAsBefore();
    }
    await guest.agent.run("find /tmp -name 'killed-*' -exec rm -f {} +");
    return { kills: KILLS / PARTS, leftSomething: results.healed };
  },
};

/** @throws where it was not killed in the middle of an action but ended by itself */
async function actAndKill(guest: LinuxGuest, { opened }: ActedOn, way: string, afterMs: number): Promise<void> {
  const args = [guest.host.unixUri, guest.name, String(opened.tools.domain.qemuPid), opened.folder, way];
  const child = spawn(process.execPath, ['--no-warnings', SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  try {
    await Promise.race([once(child.stdout, 'data'), end]);
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`what acts ended before it acted: ${child.exitCode ?? child.signalCode}`);
    await sleep(afterMs);
    child.kill('SIGKILL');
    const [code, name] = (await end) as [number | null, string | null];
    if (name !== 'SIGKILL') throw new Error(`what acts ended by itself with ${code ?? name}`);
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

async function healed({ opened: { healTools } }: ActedOn): Promise<'clean' | 'healed'> {
  const { result } = await waitUntil('healing', async () => {
    const outcome = await healDomain(healTools);
    return outcome.result === 'left' ? false : outcome;
  }, { deadlineMs: 60_000 });
  if (result !== 'clean' && result !== 'healed') throw new Error(`healing came to "${result}": the guest restarted`);
  return result;
}
