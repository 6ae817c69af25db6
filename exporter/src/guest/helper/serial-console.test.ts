import { describe, expect, it } from 'vitest';
import { serialPtyOf } from './serial-console.ts';

const SERIAL = `<serial type='pty'><source path='/dev/pts/7'/><target type='isa-serial' port='0'><model name='isa-serial'/></target><alias name='serial0'/></serial>`;

describe('serialPtyOf', () => {
  it('finds the terminal of the first serial line', () => {
    const second = SERIAL.replace("'/dev/pts/7'", "'/dev/pts/9'").replace("port='0'", "port='1'").replace('serial0', 'serial1');
    expect(serialPtyOf(`<domain><devices>${second}${SERIAL}</devices></domain>`)).toEqual({ path: '/dev/pts/7', chardev: 'charserial0' });
  });

  it.each([
    ['none', '<domain/>'],
    ['a file', SERIAL.replace("type='pty'", "type='file'")],
    ['a path that is no terminal', SERIAL.replace('/dev/pts/7', '/etc/passwd')],
    ['a way out of the folder', SERIAL.replace('/dev/pts/7', '/dev/pts/../mem')],
    ['no path yet, as in a domain that is off', SERIAL.replace(/<source[^>]*>/, '')],
    ['only in a comment', `<!-- ${SERIAL} -->`],
    ['only in what others wrote', `<metadata><x:y xmlns:x="z">${SERIAL}</x:y></metadata>`],
  ])('finds nothing: %s', (_what, xml) => {
    expect(serialPtyOf(xml)).toBeNull();
  });
});
