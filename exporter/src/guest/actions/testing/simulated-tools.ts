import type { ActionFailed } from '../action-error.ts';
import type { HealTools } from '../heal.ts';
import type { ActionTools } from '../tools.ts';
import type { SimulatedGuest } from './simulated-guest.ts';

export const DOMAIN = { uuid: '6c1f9a5e-3c0b-4a53-9d6b-0a3a4a7d2c11', qemuPid: 4711, qemuStartTicks: 99 };

export function simulatedTools(guest: SimulatedGuest): ActionTools {
  const { kernel, writer, monitor, journal, clock } = guest;
  return {
    domain: DOMAIN,
    kernel,
    writer,
    monitor,
    journal,
    clock,
    request: { optedIn: true, sysrqOptedIn: true, effectiveUid: 0, pauseBudgetMs: 100 },
    libvirt: { xml: '<domain/>', job: null },
  };
}

export function simulatedHealTools(guest: SimulatedGuest): HealTools {
  const { kernel, writer, monitor, journal, clock } = guest;
  return { domain: DOMAIN, monitor, journal, clock, openGuest: async () => ({ kernel, writer }), releaseDebugger: async () => 'released' };
}

/** The reason of what a promise is rejected with; else what it resolved to. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return (error as { reason?: string }).reason ?? error;
  }
}

/** What was thrown; null: nothing. */
export function failureOf(act: () => void): ActionFailed | null {
  try {
    act();
    return null;
  } catch (error) {
    return error as ActionFailed;
  }
}
