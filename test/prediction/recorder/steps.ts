import { waitUntil } from '../../lab/wait-until.ts';
import type { Session } from './session.ts';
import { boot, note, operation, otherHost, until } from './session.ts';
import type { Action, LoadLevels } from './step.ts';

const REBOOT_DEADLINE_MS = 120_000;
const LOAD_TIMEOUT_MS = 10_000;

/** Does all steps at their times, until the session ends. */
export async function walk(session: Session): Promise<void> {
  for (const { atSeconds, action } of session.scenario.steps) {
    await until(session, atSeconds);
    await act(session, action);
  }
}

async function act(session: Session, action: Action): Promise<void> {
  switch (action.do) {
    case 'load': return setLoad(session, action.load);
    case 'busy-start':
    case 'busy-end':
      note(session, action.do, action.what);
      return setLoad(session, action.load);
    case 'reboot': return operation(session, 'reboot', () => reboot(session));
    case 'power-cycle': return operation(session, 'power cycle', () => powerCycle(session));
    case 'migrate': return operation(session, 'migration', () => migrate(session));
  }
}

/** A guest that is about to fail may not take it any more. */
async function setLoad(session: Session, load: LoadLevels): Promise<void> {
  session.load = { ...session.load, ...load };
  const query = Object.entries(load).map(([kind, amount]) => `${kind}=${amount}`).join('&');
  await session.guest.http(`/cgi-bin/load?${query}`, LOAD_TIMEOUT_MS).catch(() => undefined);
}

async function setLoadAgain(session: Session): Promise<void> {
  if (Object.keys(session.load).length > 0) await setLoad(session, session.load);
}

async function reboot(session: Session): Promise<void> {
  const { guest } = session;
  const before = (await guest.http('/bootid')).body;
  await guest.fault('reboot');
  await waitUntil(`the reboot of ${guest.name}`, async () => {
    const answer = await guest.http('/bootid', 2000);
    return answer.status === 200 && answer.body !== '' && answer.body !== before;
  }, { deadlineMs: REBOOT_DEADLINE_MS, intervalMs: 1000 });
  await setLoadAgain(session);
}

export async function powerCycle(session: Session): Promise<void> {
  if ((await session.guest.state()).state !== 'shut off') await session.guest.destroy();
  await boot(session.studio, session.guest, session.signal);
  await setLoadAgain(session);
}

async function migrate(session: Session): Promise<void> {
  const { guest, studio } = session;
  const target = otherHost(studio.lab, guest.host);
  await guest.host.virsh('migrate', '--live', '--unsafe', '--persistent', '--undefinesource', guest.name, target.tcpUri);
  session.guest = guest.on(target);
}
