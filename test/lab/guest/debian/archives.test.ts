import { expect, test } from 'vitest';
import { aptSources, parseProxies, parseTargets } from './archives.ts';

test('the mirrors of Debian 12 among what apt knows, each once', () => {
  const archives = parseTargets([
    'http://mirror.example/debian/|bookworm|main|Debian', 'http://mirror.example/debian/|bookworm|main|Debian',
    'http://mirror.example/debian/|bookworm|contrib|Debian', 'http://mirror.example/debian/|bookworm-backports|main|Debian Backports',
    'https://deb.example/node|bookworm|main|. nodistro', 'http://mirror.example/security|bookworm-security|main|Debian', '',
  ].join('\n'));
  expect(aptSources(archives)).toBe(
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main\n'
    + 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/security bookworm-security main\n',
  );
});

test('proxies are taken over, nothing else is, and no empty ones', () => {
  const lines = ['Acquire "";', 'Acquire::Retries "3";', 'Acquire::http::Proxy "http://proxy.example:3142";', 'Acquire::https::Proxy "";', 'Acquire::http::Proxy::deb.example "DIRECT";'];
  expect(parseProxies(lines.join('\n'))).toEqual(['Acquire::http::Proxy "http://proxy.example:3142";', 'Acquire::http::Proxy::deb.example "DIRECT";']);
});
