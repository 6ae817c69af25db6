import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { isLoopback, parseListen } from '../config/address.ts';
import { systemClock } from '../events/clock.ts';
import { NO_APPS } from '../perception/apps/view.ts';
import { NO_FORECASTS } from '../prediction/forecast-view.ts';
import { applications } from './app.ts';
import { ListenError } from './listen-error.ts';
import { openListener } from './open-listener.ts';
import type { Web, WebOptions } from './options.ts';

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than the usual scrape interval, so that a connection serves many scrapes. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** A peer that neither reads nor writes. */
const IDLE_TIMEOUT_MS = 120_000;
const MAX_HEADER_BYTES = 16_384;
const MAX_REQUESTS_PER_CONNECTION = 10_000;
const MAX_CONNECTIONS = 1000;
const STOP_GRACE_MS = 5000;
const IDLE_CHECK_MS = 50;

/** Opens both listeners, or neither. Throws ListenError. */
export async function startWeb(given: WebOptions): Promise<Web> {
  const options: Required<WebOptions> = { clock: systemClock, forecasts: NO_FORECASTS, apps: NO_APPS, held: null, ...given };
  const { config, held } = options;
  const apps = applications(options);
  const web = await listen('web.listen', config.web.listen, apps.web, held?.web ?? null);
  try {
    refuseOpenControl(config.control.listen, config.control.tokens.length);
    const control = await listen('control.listen', config.control.listen, apps.control, held?.control ?? null);
    let stopped: Promise<unknown> | null = null;
    return {
      addresses: { web: addressOf(web), control: addressOf(control) },
      reconfigure: (next) => apps.reconfigure(next),
      stop: async () => {
        apps.stop();
        stopped ??= Promise.all([close(web), close(control)]);
        await stopped;
      },
    };
  } catch (error) {
    await close(web);
    throw error;
  }
}

function refuseOpenControl(listenText: string, tokens: number): void {
  const host = parseListen(listenText)?.host ?? null;
  if (tokens === 0 && (host === null || !isLoopback(host))) {
    throw new ListenError(`control.listen: ${listenText} can be reached from other machines, so control.tokens is needed`);
  }
}

/** @param held takes the place of one that was opened before */
async function listen(option: string, text: string, listener: RequestListener, held: NetServer | null): Promise<Server> {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: 5000,
    },
    listener,
  );
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = IDLE_TIMEOUT_MS;
  if (held === null) await openListener(server, option, text);
  else await once(server.listen(held), 'listening');
  return server;
}

function addressOf(server: Server): { host: string; port: number } {
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}

/** Running requests may end; a connection is closed as soon as it has none. */
async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  const closeIdle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const closeAll = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearInterval(closeIdle);
  clearTimeout(closeAll);
}
