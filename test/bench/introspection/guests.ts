/** The guests that are looked into. */
import { MATRIX } from '../../guests/matrix.ts';
import type { MatrixEntry } from '../../guests/matrix.ts';
import { KERNEL_CHOICES } from '../../lab/guest/kernel-choice.ts';
import type { Lab, LinuxGuest } from '../../lab/lab.ts';

/** Names a choice of guests, for a bench's `--help`. */
export const GUESTS_VARIABLE = 'BENCH_GUESTS';
const BOOT_DEADLINE_MS = 10 * 60_000;
/** The kernel of the guest that is measured with clients too. */
const MAIN_KERNEL = '6.12-cloud';
/** With the kernel's own threads, more than 100 processes. */
const SLEEPERS = 75;
const START_SLEEPERS = `i=0; while [ $i -lt ${SLEEPERS} ]; do setsid sleep $((900000 + i)) < /dev/null > /dev/null 2>&1 & i=$((i + 1)); done`;

/**
 * One tiny and one Debian guest for each kernel, the one that is measured most first; `quick`: that one alone; `all`: every guest of the kernel matrix.
 * @throws for another word
 */
export function chooseGuests(quick: boolean, word: string | undefined): readonly MatrixEntry[] {
  if (word !== undefined && word !== 'all') throw new Error(`${GUESTS_VARIABLE}=${word}: allowed is "all", the whole kernel matrix; without it a tiny and a Debian guest for each kernel`);
  const firstOf = (system: MatrixEntry['system']): MatrixEntry[] => KERNEL_CHOICES.flatMap((kernel) => MATRIX.find((entry) => entry.system === system && entry.kernel === kernel) ?? []);
  const tiny = firstOf('tiny');
  const first = tiny.filter(({ kernel }) => kernel === MAIN_KERNEL);
  if (quick) return first;
  const others = word === 'all' ? MATRIX : [...tiny, ...firstOf('debian')];
  return [...first, ...others.filter((entry) => !first.includes(entry))];
}

/** Boots it, and has it run more than 100 processes. */
export async function bootWithProcesses(lab: Lab, { name, system, kernel, options }: MatrixEntry): Promise<LinuxGuest> {
  const make = system === 'debian' ? lab.debianGuest : lab.kernelGuest;
  const guest = await make(lab.host(1), { ...options, name, kernel });
  await guest.start();
  await guest.agent.waitReady(BOOT_DEADLINE_MS);
  await guest.waitServing(BOOT_DEADLINE_MS);
  await guest.agent.run(START_SLEEPERS, BOOT_DEADLINE_MS);
  return guest;
}
