import { setTimeout as sleep } from 'node:timers/promises';
import { KINDS } from '../trace/kinds.ts';
import { startFlood } from './flood.ts';
import { startHealth } from './health.ts';
import type { Decline, Failure } from './scenario.ts';
import type { Session } from './session.ts';
import { note, until } from './session.ts';
import { powerCycle } from './steps.ts';

/**
 * The healthy time, then the failing workload, the failure as the outside check sees it, the restart and a healthy while after it.
 * A guest that survives is restarted when the time is up, without the label `failed`. @throws when the session ends before
 */
export async function fail(session: Session, failure: Failure): Promise<void> {
  const { scenario, studio, signal } = session;
  await until(session, failure.declineAtSeconds);
  const leave = KINDS[scenario.kind].hungry ? await studio.hungry.enter(signal) : () => {};
  try {
    studio.onProgress(`${session.guest.name}: declines`);
    note(session, 'decline', JSON.stringify(failure.decline));
    const end = await begin(session, failure.decline);
    try {
      await outcome(session, failure);
      await sleep(failure.leaveSeconds * 1000, undefined, { signal });
    } finally {
      await end();
    }
    session.watched = false;
    await powerCycle(session);
    note(session, 'restarted');
    session.health = startHealth(Date.now());
    session.watched = true;
  } finally {
    leave();
  }
  await sleep(failure.afterSeconds * 1000, undefined, { signal });
}

async function outcome(session: Session, failure: Failure): Promise<void> {
  const { signal, guest, studio } = session;
  if (failure.decline.how === 'kill') {
    note(session, 'failed', 'killed');
    return;
  }
  const timer = new AbortController();
  const gaveUp = sleep(failure.giveUpAfterSeconds * 1000, null, { signal: AbortSignal.any([signal, timer.signal]) });
  // Whichever is second is nobody's.
  gaveUp.catch(() => undefined);
  const failed = await Promise.race([session.failed, gaveUp]);
  timer.abort();
  if (failed !== null) note(session, 'failed', failed.detail, failed.atMs);
  studio.onProgress(`${guest.name}: ${failed === null ? 'survived' : `failed (${failed.detail})`}`);
}

/** Returns what ends that part of a decline that is outside the guest. */
async function begin(session: Session, decline: Decline): Promise<() => Promise<void>> {
  const { guest } = session;
  switch (decline.how) {
    case 'inside': {
      const answer = await guest.http(`/cgi-bin/decline?${decline.what}=${decline.amount}`, 10_000);
      if (answer.status !== 200) throw new Error(`${guest.name}: decline ${decline.what}: ${answer.status} ${answer.body.trim()}`);
      return async () => {};
    }
    case 'kill':
      guest.killQemu();
      return async () => {};
    case 'flood':
      return startFlood({ address: guest.address, ...decline });
    case 'throttle': {
      const stop = new AbortController();
      const throttling = throttle(session, decline, AbortSignal.any([session.signal, stop.signal])).catch(() => undefined);
      return async () => {
        stop.abort();
        await throttling;
      };
    }
  }
}

/** Half as many requests a second with each step, below one a second less than a block in ten seconds. */
async function throttle(session: Session, decline: Extract<Decline, { how: 'throttle' }>, signal: AbortSignal): Promise<void> {
  const { guest } = session;
  const tune = (...limit: string[]): Promise<string> => guest.host.virsh('blkdeviotune', guest.name, 'vda', ...limit, '--live');
  for (let rate = decline.startRequestsPerSecond; rate >= 1; rate /= 2) {
    await tune('--total-iops-sec', String(Math.round(rate)));
    await sleep(decline.halvingSeconds * 1000, undefined, { signal });
  }
  await tune('--total-iops-sec', '1', '--total-bytes-sec', '100');
}
