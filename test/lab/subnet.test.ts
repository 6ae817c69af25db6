import { expect, test } from 'vitest';
import { freeSubnet } from './subnet.ts';

test('the first network of the pool where nothing is taken', () => {
  expect(freeSubnet([])).toBe('10.213.0');
  expect(freeSubnet(['192.0.2.2/24', '172.17.0.0/16', '127.0.0.1/8'])).toBe('10.213.0');
});

test('networks, addresses and single hosts take their /24', () => {
  expect(freeSubnet(['10.213.0.254/24'])).toBe('10.213.1');
  expect(freeSubnet(['10.213.0.0/23', '10.213.2.77'])).toBe('10.213.3');
  expect(freeSubnet(['10.213.1.128/25'])).toBe('10.213.0');
});

test('a network that holds the whole pool leaves nothing', () => {
  expect(freeSubnet(['10.0.0.0/8'])).toBeUndefined();
  expect(freeSubnet(['0.0.0.0/0'])).toBeUndefined();
  expect(freeSubnet(Array.from({ length: 256 }, (_, i) => `10.213.${i}.0/24`))).toBeUndefined();
});

test('what is no IPv4 network does not count', () => {
  expect(freeSubnet(['', 'default', 'fe80::1/64', '10.213.0', '10.213.0.0/33', '10.213.300.0/24', 'broadcast'])).toBe('10.213.0');
});
