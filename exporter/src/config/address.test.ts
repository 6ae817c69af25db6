import { describe, expect, it } from 'vitest';
import { formatAddress, isLoopback, parseListen } from './address.ts';

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.255.0.9', '::1', '[::1]', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1', 'localhost', 'LOCALHOST', 'a.localhost', 'localhost.'])('takes %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['128.0.0.1', '0.0.0.0', '::', '::ffff:10.0.0.1', 'localhost.example', 'notlocalhost', '127.0.0.1.example', '', '127.1'])('does not take %s', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('parseListen', () => {
  it('reads and formats addresses', () => {
    for (const [text, host, port, shown] of [[':9177', null, 9177, '*:9177'], ['h-1.example:1', 'h-1.example', 1, 'h-1.example:1'], ['[::1]:0', '::1', 0, '[::1]:0']] as const) {
      expect(parseListen(text)).toEqual({ host, port });
      expect(formatAddress(host, port)).toBe(shown);
    }
  });

  it.each(['', ':', '9177', 'h:', 'h:65536', '::1:80', '[h]:80', '[::1]', 'a b:80', 'h:1x'])('refuses %s', (text) => {
    expect(parseListen(text)).toBeNull();
  });
});
