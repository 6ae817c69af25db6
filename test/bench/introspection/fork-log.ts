import type { LinuxGuest } from '../../lab/lab.ts';

const BUFFER_KIB_PER_CPU = 16_384;
const READ_DEADLINE_MS = 300_000;
const FOLDER = '/sys/kernel/tracing';

/**
 * Has the guest's kernel log every process and thread that it makes, from now on, in its trace buffer (ftrace, event sched_process_fork).
 * @throws where its kernel can't
 */
export async function startForkLog({ agent }: LinuxGuest): Promise<void> {
  await agent.run(`test -e ${FOLDER}/trace || mount -t tracefs none ${FOLDER}
cd ${FOLDER} && echo 0 > tracing_on && echo ${BUFFER_KIB_PER_CPU} > buffer_size_kb && echo > trace && echo 1 > events/sched/sched_process_fork/enable && echo 1 > tracing_on`);
}

/** Ends the log. Answers how often each pid was given away. @throws where the buffer did not hold all of it */
export async function endForkLog({ agent }: LinuxGuest): Promise<Map<number, number>> {
  const text = await agent.run(`cd ${FOLDER} && echo 0 > tracing_on && echo 0 > events/sched/sched_process_fork/enable
cat per_cpu/cpu*/stats; echo '#pids'; sed -n 's/.* child_pid=\\([0-9]*\\).*/\\1/p' trace; echo > trace; echo 1408 > buffer_size_kb`, READ_DEADLINE_MS);
  return parseForkLog(text);
}

export function parseForkLog(text: string): Map<number, number> {
  const [stats = '', pids] = text.split('#pids\n');
  const lost = [...stats.matchAll(/^(?:overrun|commit overrun|dropped events): (\d+)$/gm)].map((match) => Number(match[1]));
  if (pids === undefined || lost.length === 0) throw new Error("the guest's log of forks is not whole");
  if (lost.some((count) => count > 0)) throw new Error("the guest's log of forks lost some: its buffer is too small");
  const forks = new Map<number, number>();
  for (const [, word] of pids.matchAll(/^(\d+)$/gm)) forks.set(Number(word), (forks.get(Number(word)) ?? 0) + 1);
  return forks;
}
