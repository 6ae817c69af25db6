import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../actions/command-line.ts';
import { withOpenFiles } from './open-files.ts';

describe('withOpenFiles', () => {
  it('runs the command as it is, with its files open, where none were', () => {
    const looked = 'for (const file of [0, 1, 2]) require("node:fs").fstatSync(file); process.stderr.write("x"); require("node:fs").writeSync(3, JSON.stringify([process.ppid, ...process.argv.slice(1)]))';
    const command = withOpenFiles([process.execPath, '-e', looked, 'a b', '$HOME', "'"]);
    // File 3 brings back what the program saw.
    const text = execFileSync('/bin/sh', ['-c', 'exec 3>&1 0<&- 1>&- 2>&-; exec "$@"', 'sh', ...command], { encoding: 'utf8' });
    expect(JSON.parse(text)).toEqual([process.pid, 'a b', '$HOME', "'"]);
  });

  it('needs no quotes where the command needs none, and leaves it space', () => {
    const text = encodeCommand(withOpenFiles(['/usr/sbin/httpd', '-p', '80', '-h', '/www'])).toString('latin1');
    expect(text.replace(/\0+$/, '').split(' ').slice(-6)).toEqual(['sh', '/usr/sbin/httpd', '-p', '80', '-h', '/www']);
    expect(withOpenFiles([]).join(' ').length).toBeLessThanOrEqual(90);
  });
});
