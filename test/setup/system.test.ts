import { describe, expect, test } from 'vitest';
import { ownPath, rootCommand, unsupported } from './system.mjs';

const DEBIAN_12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n';

test.each([
  [{ osRelease: DEBIAN_12, nodeVersion: '20.20.2', architecture: 'x64' }, null],
  [{ osRelease: DEBIAN_12.replace('"12"', '"13"'), nodeVersion: '20.20.2', architecture: 'x64' }, /Debian 12/],
  [{ osRelease: 'ID=ubuntu\nPRETTY_NAME="Ubuntu 24.04"\nVERSION_ID="12"\n', nodeVersion: '20.20.2', architecture: 'x64' }, /Ubuntu 24.04/],
  [{ osRelease: '', nodeVersion: '20.20.2', architecture: 'x64' }, /unknown system/],
  [{ osRelease: DEBIAN_12, nodeVersion: '18.20.4', architecture: 'x64' }, /Node\.js 20.*18\.20\.4/],
  [{ osRelease: DEBIAN_12, nodeVersion: '20.20.2', architecture: 'arm64' }, /amd64.*arm64/],
])('unsupported(%j)', (facts, expected) => {
  if (expected === null) expect(unsupported(facts)).toBeNull();
  else expect(unsupported(facts)).toMatch(expected);
});

test('ownPath leaves out node_modules and adds the folders of administration tools', () => {
  const folders = ownPath('/srv/app/node_modules/.bin::/srv/node_modules/npm/bin:/usr/bin:/opt/node/bin').split(':');
  expect(folders.slice(0, 2)).toEqual(['/usr/bin', '/opt/node/bin']);
  expect(folders).toContain('/usr/sbin');
  expect(folders.filter((folder) => folder === '/usr/bin')).toHaveLength(1);
});

describe('rootCommand', () => {
  const run = { npmScript: 'test', args: [] as string[], folder: '/srv/virt medic', sudo: true, npmFolder: '/usr/bin' };

  test.each([
    [run, 'sudo npm test'],
    [{ ...run, npmScript: 'demo' }, 'sudo npm run demo'],
    [{ ...run, args: ['--only', "it's"] }, "sudo npm test -- --only 'it'\\''s'"],
    [{ ...run, npmFolder: '/home/a/.nvm/bin' }, 'sudo env PATH=/home/a/.nvm/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin npm test'],
    [{ ...run, sudo: false, folder: '/srv/app' }, "su -c 'cd /srv/app && npm test'"],
  ])('%j', (given, command) => {
    expect(rootCommand(given)).toBe(command);
  });

  test('without sudo the folder is quoted within the quoted command', () => {
    expect(rootCommand({ ...run, sudo: false })).toBe("su -c 'cd '\\''/srv/virt medic'\\'' && npm test'");
  });
});
