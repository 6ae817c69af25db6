import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  GUEST_OCTETS, MAX_HOSTS, checkName, clientAddress, clientInterface, guestAddress, guestMac, hostAddress, hostNamespace, isNamespaceOf, isRunId,
  newRunId, switchNamespace,
} from './naming.ts';

test('run ids are ids, fit into interface names and hardly ever repeat', () => {
  const ids = Array.from({ length: 200 }, newRunId);
  expect(ids.every(isRunId)).toBe(true);
  expect(new Set(ids).size).toBe(200);
  expect(clientInterface(newRunId()).length).toBeLessThanOrEqual(15);
});

test('a run knows its own namespaces and nobody else\'s', () => {
  expect(isNamespaceOf('abc123', switchNamespace('abc123'))).toBe(true);
  expect(isNamespaceOf('abc123', hostNamespace('abc123', 12))).toBe(true);
  for (const foreign of ['vml-abc124-sw', 'vml-abc123-h', 'vml-abc123-h1x', 'xvml-abc123-h1', 'vml-abc123', 'hst-1', 'cni-abc123']) {
    expect(isNamespaceOf('abc123', foreign), foreign).toBe(false);
  }
});

test('ids with anything else in them are refused, so that none can become a pattern or a path', () => {
  for (const text of ['', 'abc12', 'abc1234', 'ABC123', '../abc', 'abc.12', 'abc12*']) expect(isRunId(text), text).toBe(false);
});

test('names: what is allowed passes, the rest is an error that says what is', () => {
  expect(checkName('guest', 'web-1')).toBe('web-1');
  for (const name of ['', '-x', 'Web', 'a b', 'a/b', 'a'.repeat(32)]) {
    expect(() => checkName('guest', name), name).toThrow(/guest ".*": allowed are 1 to 31 lower-case letters/);
  }
});

test('no two machines of a lab share an address, no two guests a card', () => {
  const hosts = Array.from({ length: MAX_HOSTS }, (_, i) => hostAddress('10.213.7', i + 1));
  const octets = Array.from({ length: GUEST_OCTETS.last - GUEST_OCTETS.first + 1 }, (_, i) => GUEST_OCTETS.first + i);
  const all = [...hosts, ...octets.map((octet) => guestAddress('10.213.7', octet)), clientAddress('10.213.7')];
  expect(new Set(all).size).toBe(all.length);
  expect(new Set(octets.map((octet) => guestMac('10.213.7', octet))).size).toBe(octets.length);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 50, max: 249 }), (third, octet) =>
      /^52:54:00(:[0-9a-f]{2}){3}$/.test(guestMac(`10.213.${third}`, octet)),
    ),
  );
});
