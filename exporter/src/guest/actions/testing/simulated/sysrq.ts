import type { Machine } from './machine.ts';
import type { SimulatedWorkQueue } from './work-queue.ts';

const GRACE_MS = 100;
const ALL = 1;
const SIGNALS = 0x40;

/** SysRq-F, and RCU's grace periods, which wait for a key that is just handled. */
export function simulateSysrq({ memory, time, speed }: Machine, work: SimulatedWorkQueue) {
  const { address, get32, get64, put64 } = memory;
  let readers = 0;

  /** It ends where nobody reads. */
  function endGracePeriod(): void {
    if (readers === 0) put64(address('rcu_state') + 8n, get64(address('rcu_state') + 8n) + 4n);
    time.later(GRACE_MS, endGracePeriod);
  }

  function handle(): void {
    const mask = get32(address('sysrq_enabled'));
    if (mask !== ALL && (mask & SIGNALS) === 0) return;
    // The processor may be held up between the question and the deed.
    readers++;
    time.later(speed.read(), () => {
      work.queue(address('moom_work'));
      readers--;
    });
  }

  time.later(GRACE_MS, endGracePeriod);
  return { press: (): void => time.later(speed.key(), handle) };
}
