import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readZip } from './readZip.ts';
import { writeZip } from './writeZip.ts';

const folder = mkdtempSync(join(tmpdir(), 'zip-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FILES = new Map([
  ['plugin/module.js', Buffer.from('define([],()=>0);'.repeat(1000))],
  ['plugin/empty.txt', Buffer.alloc(0)],
  ['plugin/img/grün.png', Buffer.from(Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) & 255))],
]);

test('what is written is read back', () => {
  const read = readZip(writeZip(FILES));
  expect([...read.keys()].sort()).toEqual([...FILES.keys()].sort());
  for (const [name, content] of FILES) {
    expect(read.get(name)?.equals(content)).toBe(true);
  }
});

test('Python reads it, and its checksums are right', () => {
  const path = join(folder, 'a.zip');
  writeFileSync(path, writeZip(FILES));
  const program = `
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
archive.extractall(sys.argv[2])
print(','.join(sorted(archive.namelist())))`;
  const names = execFileSync('python3', ['-c', program, path, folder], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONIOENCODING: 'utf8' },
  });
  expect(names.trim().split(',')).toEqual([...FILES.keys()].sort());
  expect(
    readFileSync(join(folder, 'plugin/img/grün.png')).equals(FILES.get('plugin/img/grün.png') ?? Buffer.alloc(1))
  ).toBe(true);
});

test("an archive by Python's writer is read, packed and stored, with a comment at its end", () => {
  const path = join(folder, 'b.zip');
  const program = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    archive.writestr('a/', '')
    archive.writestr('a/stored.txt', 'as it is')
    archive.writestr(zipfile.ZipInfo('a/packed.txt'), 'again ' * 1000, zipfile.ZIP_DEFLATED)
    archive.comment = b'made by hand'`;
  execFileSync('python3', ['-c', program, path]);
  expect([...readZip(readFileSync(path))].map(([name, content]) => [name, content.length])).toEqual([
    ['a/stored.txt', 8],
    ['a/packed.txt', 6000],
  ]);
});

test('the same files give the same bytes, in whatever order they come', () => {
  expect(writeZip(new Map([...FILES].reverse())).equals(writeZip(FILES))).toBe(true);
});

test('damage is seen', () => {
  const archive = writeZip(new Map([['a.txt', Buffer.from('all is well')]]));
  archive[38] = (archive[38] ?? 0) ^ 1;
  expect(() => readZip(archive)).toThrow();
  expect(() => readZip(Buffer.from('no archive at all, but long enough'))).toThrow('no zip archive');
});

test.each(['/etc/passwd', '../up', 'a/../../b', 'a\\b'])(
  'a name that leads out of the archive is refused: %s',
  (name) => {
    expect(() => writeZip(new Map([[name, Buffer.alloc(0)]]))).toThrow(RangeError);
  }
);
