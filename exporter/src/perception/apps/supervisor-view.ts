import { HelperError } from '../../guest/helper/client.ts';
import type { GuestProcess } from '../../guest/processes/process.ts';
import type { Loop } from './supervisor.ts';
import type { AppsView } from './view.ts';
import { appStatuses, guestStatus, probesAnsweredAtMs } from './watched.ts';

/** The view of what the loop knows at the moment. */
export function createAppsView(loop: Pick<Loop, 'known' | 'watched' | 'options'>): AppsView {
  const of: AppsView['of'] = (uuid) => {
    const watched = loop.watched.get(uuid);
    return watched === undefined ? [] : appStatuses(watched);
  };
  return {
    all: () => [...loop.watched.values()].flatMap(appStatuses),
    of,
    app: (uuid, name) => of(uuid).find(({ app }) => app.name === name) ?? null,
    answeredAtMs(uuid, name) {
      const watched = loop.watched.get(uuid);
      return watched === undefined ? null : probesAnsweredAtMs(watched, name);
    },
    guests: () => [...loop.watched.values()].map(guestStatus),
    guest(uuid) {
      const watched = loop.watched.get(uuid);
      return watched === undefined ? null : guestStatus(watched);
    },
    async processes(uuid, signal) {
      signal.throwIfAborted();
      return { processes: await unlessAborted(list(loop, uuid), signal) };
    },
  };
}

function list({ known, options }: Pick<Loop, 'known' | 'options'>, uuid: string): Promise<GuestProcess[]> {
  const domain = known.get(uuid);
  const refuse = (reason: string, text: string) => Promise.reject(new HelperError(reason, text, { isRefusal: true }));
  if (domain === undefined) return refuse('domain-not-found', `no domain with the UUID ${uuid} is known`);
  if (domain.hold !== null) return refuse(domain.hold.reason, domain.hold.text);
  return options.source.processes(uuid, domain.host);
}

/** The list that nobody waits for any more is still read; it ends by itself. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  return promise;
}
