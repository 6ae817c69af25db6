import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { waitUntil } from '../../lab/wait-until.ts';
import { startBusyClients } from './busy-clients.ts';

it('keeps as many requests open as there are clients, and tells answers and failures apart', async () => {
  let [open, mostOpen, asked] = [0, 0, 0];
  const server = createServer((_, response) => {
    mostOpen = Math.max(mostOpen, ++open);
    const status = ++asked % 5 === 0 ? 500 : 200;
    setTimeout(() => {
      open--;
      response.writeHead(status).end('x');
    }, 5);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clients = startBusyClients({ host: '127.0.0.1', port, path: '/', timeoutMs: 5000 }, 3);
  await waitUntil('forty requests', async () => asked >= 40, { deadlineMs: 20_000, intervalMs: 10 });
  await clients.stop();
  const { answered, failed } = clients.take();
  expect(mostOpen).toBe(3);
  expect(answered.length + failed).toBe(asked);
  expect(failed).toBe(Math.floor(asked / 5));
  expect(answered.every(({ tookMs }) => tookMs > 0)).toBe(true);
  expect(clients.take()).toEqual({ answered: [], failed: 0 });
  server.close();
});
