import { expect, it } from 'vitest';
import { configSchema } from '../config/schema.ts';
import { isGuestAgentAllowed } from './guest-agent.ts';

const allowed = (guest: object, domains: object[]): boolean =>
  isGuestAgentAllowed(configSchema.parse({ hosts: [{ name: 'h1', uri: 'x:///' }], guest, domains }), { uuid: '11111111-2222-4333-8444-555555555555', name: 'web-1', host: 'h1' });

it.each<[boolean, object, object[]]>([
  [true, { agent: true }, [{ managed: true, guestAgent: true }]],
  [false, { agent: true }, [{ managed: true }]],
  [false, {}, [{ managed: true, guestAgent: true }]],
  [false, { agent: true }, [{ guestAgent: true }]],
  [false, { agent: true }, []],
  [false, { agent: true }, [{ match: { name: 'web-*' }, managed: true }, { managed: true, guestAgent: true }]],
])('%s with %j and %j', (expected, guest, domains) => {
  expect(allowed(guest, domains)).toBe(expected);
});
