import { signalProcess } from '../../../exporter/src/guest/actions/index.ts';
import type { SignalName } from '../../../exporter/src/guest/actions/index.ts';
import { createProcessLister } from '../../../exporter/src/guest/processes/list.ts';
import type { GuestProcess } from '../../../exporter/src/guest/processes/process.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import type { GuestCheck } from '../check.ts';
import { actOn, reasonOf } from './unharmed.ts';

const DEADLINE = { deadlineMs: 30_000, intervalMs: 20 };
const SLEEPER = 'sleep 100000 < /dev/null > /dev/null 2>&1 & echo $!';

/** Signals reach the process that is meant, and no other. */
export const signal: GuestCheck = {
  name: 'signal',
  what: 'a process of it is stopped, let run and killed from outside, and no other gets a signal, neither its first process nor a kernel thread',
  timeoutSeconds: 300,
  async run({ guest }) {
    await using acted = await actOn(guest);
    const { tools, folder } = acted.opened;
    const lister = createProcessLister(tools.kernel);
    const find = (pid: number): GuestProcess | undefined => lister.list().processes.find((process) => process.pid === pid);
    const startSleeper = async (): Promise<GuestProcess> => {
      const pid = Number((await guest.agent.run(SLEEPER)).trim());
      const found = find(pid);
      if (found === undefined) throw new Error(`process ${pid} is not in the list`);
      return found;
    };
    const [target, beside] = [await startSleeper(), await startSleeper()];
    const send = (process: GuestProcess, name: SignalName) => signalProcess(tools, folder, process, name);
    const isIn = (states: string) => waitUntil(`state ${states} of process ${target.pid}`, () => states.includes(find(target.pid)?.state ?? '-'), DEADLINE);
    await send(target, 'STOP');
    await isIn('T');
    await send(target, 'CONT');
    await isIn('RSD');
    const refusals = [
      await reasonOf(send({ ...beside, startTimeNanoseconds: target.startTimeNanoseconds }, 'KILL')),
      await reasonOf(send(find(1) as GuestProcess, 'TERM')),
      await reasonOf(send(find(2) as GuestProcess, 'KILL')),
    ];
    if (refusals.join() !== 'process-gone,process-protected,process-protected') throw new Error(`another start time, process 1 and kthreadd: ${refusals.join()}`);
    await send(target, 'KILL');
    await waitUntil(`the end of process ${target.pid}`, () => 'ZX'.includes(find(target.pid)?.state ?? 'X'), DEADLINE);
    const other = find(beside.pid);
    if (other?.startTimeNanoseconds !== beside.startTimeNanoseconds || other.state !== 'S') throw new Error(`the process beside it is ${other?.state ?? 'gone'}`);
    await guest.agent.run(`kill -9 ${beside.pid}`);
    await acted.expectAsBefore();
    return undefined;
  },
};
