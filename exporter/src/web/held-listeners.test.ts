import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { closeHeld, holdListeners } from './held-listeners.ts';
import { emptyRecord } from './testing/fakes.ts';
import { call, start, stopAll } from './testing/test-client.ts';

afterEach(stopAll);

const ANY = { listen: '127.0.0.1:0' };

it('turn everybody away until they are served, then are the listeners', async () => {
  const held = await holdListeners({ web: ANY, control: ANY });
  const url = `http://127.0.0.1:${(held.web.address() as AddressInfo).port}`;
  await expect(fetch(url)).rejects.toThrow();
  const { webUrl, controlUrl, stop } = await start(emptyRecord(), { held });
  expect([webUrl, (await call(`${url}/-/healthy`)).status, (await call(`${controlUrl}/-/healthy`)).status]).toEqual([url, 200, 200]);
  await stop();
  closeHeld(held);
  await expect(fetch(url)).rejects.toThrow();
});

it('are both there or neither', async () => {
  const held = await holdListeners({ web: ANY, control: ANY });
  const { port } = held.web.address() as AddressInfo;
  closeHeld(held);
  const other = await holdListeners({ web: { listen: `127.0.0.1:${port}` }, control: ANY });
  await expect(holdListeners({ web: ANY, control: { listen: `127.0.0.1:${port}` } })).rejects.toThrow(`control.listen: cannot listen on 127.0.0.1:${port}: the port is in use.`);
  closeHeld(other);
});
