import { httpGet } from '../../lab/http-get.ts';
import type { HttpTarget } from '../../lab/http-get.ts';

/** One request that was answered. */
export interface Answered {
  atMs: number;
  tookMs: number;
}

export interface BusyClients {
  /** Since the last call. */
  take(): { answered: Answered[]; failed: number };
  stop(): Promise<void>;
}

/** So many clients, each of which asks again as soon as it was answered: the server is never idle. */
export function startBusyClients(target: HttpTarget, clients: number): BusyClients {
  let stopped = false;
  let answered: Answered[] = [];
  let failed = 0;
  const client = async (): Promise<void> => {
    while (!stopped) {
      const startedMs = performance.now();
      const status = await httpGet(target).then((answer) => answer.status, () => null);
      const endedMs = performance.now();
      if (status === 200) answered.push({ atMs: endedMs, tookMs: endedMs - startedMs });
      else {
        failed++;
        // A server that refuses at once is not to be asked in a loop without pause.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  const running = Array.from({ length: clients }, client);
  return {
    take: () => {
      const taken = { answered, failed };
      [answered, failed] = [[], 0];
      return taken;
    },
    stop: async () => {
      stopped = true;
      await Promise.all(running);
    },
  };
}
