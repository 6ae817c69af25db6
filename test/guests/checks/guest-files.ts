import type { LinuxGuest } from '../../lab/lab.ts';
import { waitUntil } from '../../lab/wait-until.ts';

const DEADLINE_MS = 30_000;

/** Files that programs started from outside are to make: that they exist is the proof that these ran. */
export interface GuestFiles {
  /** A path that nothing exists at. */
  path(name: string): string;
  /** @throws where it is not there in time */
  expect(name: string): Promise<void>;
  count(): Promise<number>;
  remove(): Promise<void>;
}

/** @param mark letters, which the files of others do not begin with */
export function guestFiles({ agent }: LinuxGuest, mark: string): GuestFiles {
  const path = (name: string) => `/tmp/${mark}-${name}`;
  return {
    path,
    async expect(name) {
      await waitUntil(path(name), async () => (await agent.ask(`test -e ${path(name)}`)).status === 0, { deadlineMs: DEADLINE_MS });
    },
    count: async () => Number((await agent.run(`ls /tmp | grep -c '^${mark}-' || true`)).trim()),
    remove: async () => void (await agent.run(`rm -f /tmp/${mark}-*`)),
  };
}
