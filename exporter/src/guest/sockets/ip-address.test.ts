import { isIPv6, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4Text, ipv6Text } from './ip-address.ts';

describe('addresses as text', () => {
  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
    ['20010db8000100010001000100010001', '2001:db8:1:1:1:1:1:1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['fe800000000000000000000000000000', 'fe80::'],
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ])('%s', (hex, text) => {
    expect(ipv6Text(Buffer.from(hex, 'hex'))).toBe(text);
  });

  it('writes IPv4', () => {
    expect(ipv4Text(Uint8Array.of(192, 0, 2, 255))).toBe('192.0.2.255');
  });

  it('means the same address to others, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const text = ipv6Text(bytes);
        expect(isIPv6(text)).toBe(true);
        const full = Buffer.from(bytes).toString('hex').replace(/(....)(?!$)/g, '$1:');
        expect(new SocketAddress({ family: 'ipv6', address: text }).address).toBe(new SocketAddress({ family: 'ipv6', address: full }).address);
      }),
    );
  });
});
