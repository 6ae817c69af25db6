import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatEntry, JournalError, parseEntry } from './journal-entry.ts';
import type { JournalEntry } from './journal-entry.ts';
import { openJournal } from './journal.ts';

const DOMAIN = '6c1f9a5e-3c0b-4a53-9d6b-0a3a4a7d2c11';
const ENTRY: JournalEntry = {
  domain: DOMAIN,
  kind: 'keyboard-start',
  openedAt: '2026-01-01T00:00:00.000Z',
  qemuPid: 4711,
  qemuStartTicks: 99,
  boot: 'ab'.repeat(32),
  work: 0xffff_ffff_8210_0000n,
  hookFunction: 0xffff_ffff_8110_0000n,
  writes: [
    { place: 'command', address: 0xffff_ffff_8220_0000n, before: Buffer.from('/sbin/poweroff'), after: Buffer.from('/bin/true\0\0\0\0\0') },
    { place: 'ctrl-alt-del', address: 0xffff_ffff_8220_0100n, before: Buffer.alloc(4), after: Buffer.from([1, 0, 0, 0]) },
  ],
  gdbSocket: null,
  gracePeriod: null,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the journal on the disk', () => {
  test('gives back what was written, to a new helper too, until it is removed', () => {
    const path = join(folder, 'journal');
    openJournal(path).write(ENTRY);
    const journal = openJournal(path);
    expect(journal.domains()).toEqual([DOMAIN]);
    expect(journal.read(DOMAIN)).toEqual(ENTRY);
    journal.remove(DOMAIN);
    journal.remove(DOMAIN);
    expect(journal.read(DOMAIN)).toBeNull();
    expect(readdirSync(path)).toEqual([]);
  });

  test('is for its owner alone', () => {
    const path = join(folder, 'journal');
    openJournal(path).write(ENTRY);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, `${DOMAIN}.undo.json`)).mode & 0o777).toBe(0o600);
  });

  test('replaces an entry as a whole', () => {
    const journal = openJournal(folder);
    journal.write(ENTRY);
    journal.write({ ...ENTRY, gracePeriod: 5n });
    expect(journal.read(DOMAIN)?.gracePeriod).toBe(5n);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('forgets what was half written when it was killed, and keeps the entry before', () => {
    openJournal(folder).write(ENTRY);
    writeFileSync(join(folder, `${DOMAIN}.undo.json.new`), '{"format": 1, "dom', { mode: 0o600 });
    const journal = openJournal(folder);
    expect(existsSync(join(folder, `${DOMAIN}.undo.json.new`))).toBe(false);
    expect(journal.read(DOMAIN)).toEqual(ENTRY);
  });

  test.each([
    ['a folder that others can write', () => chmodSync(folder, 0o777)],
    ['a folder of another user', () => undefined],
  ])('refuses %s', (what, prepare) => {
    prepare();
    expect(() => openJournal(folder, what.includes('another') ? 4242 : undefined)).toThrow(JournalError);
  });

  test('does not follow links, nor believe files that others can write, nor large ones', () => {
    const journal = openJournal(folder);
    const path = join(folder, `${DOMAIN}.undo.json`);
    writeFileSync(join(folder, 'elsewhere'), formatEntry(ENTRY), { mode: 0o600 });
    symlinkSync(join(folder, 'elsewhere'), path);
    expect(() => journal.read(DOMAIN)).toThrow(/link/);
    rmSync(path);
    writeFileSync(path, formatEntry(ENTRY));
    chmodSync(path, 0o666);
    expect(() => journal.read(DOMAIN)).toThrow(JournalError);
    rmSync(path);
    writeFileSync(path, ' '.repeat(300_000), { mode: 0o600 });
    expect(() => journal.read(DOMAIN)).toThrow(/bytes/);
  });

  test('refuses names that are no UUID', () => {
    expect(() => openJournal(folder).read('../../etc/passwd')).toThrow(JournalError);
    expect(() => openJournal(folder).remove(`${DOMAIN}/x`)).toThrow(JournalError);
  });

  test('refuses the entry of another domain under this name', () => {
    const journal = openJournal(folder);
    writeFileSync(join(folder, `${DOMAIN}.undo.json`), formatEntry({ ...ENTRY, domain: DOMAIN.replace('6', '7') }), { mode: 0o600 });
    expect(() => journal.read(DOMAIN)).toThrow(/another domain/);
  });
});

describe('the text of an entry', () => {
  test('comes back as it was', () => {
    const injection: JournalEntry = { ...ENTRY, kind: 'injection', writes: [], gdbSocket: '/run/x.sock', gracePeriod: 7n };
    for (const entry of [ENTRY, injection]) expect(parseEntry(formatEntry(entry))).toEqual(entry);
  });

  const value = JSON.parse(formatEntry(ENTRY)) as Record<string, unknown>;
  test.each<[string, unknown]>([
    ['format', 2],
    ['format', undefined],
    ['domain', 'x'],
    ['domain', '../../../etc'],
    ['kind', 'other'],
    ['kind', 'injection'],
    ['openedAt', 'yesterday'],
    ['qemuPid', -1],
    ['qemuPid', 1.5],
    ['boot', ''],
    ['work', 5],
    ['work', '0xfffffffffffffffff'],
    ['writes', []],
    ['writes', {}],
    ['writes', [...(value['writes'] as unknown[]), ...(value['writes'] as unknown[])]],
    ['writes', [{ place: 'elsewhere', address: '0x1', before: '00', after: '00' }]],
    ['writes', [{ place: 'command', address: '0x1', before: '00', after: '0000' }]],
    ['writes', [{ place: 'command', address: '0x1', before: 'zz', after: 'zz' }]],
    ['writes', [null]],
    ['gdbSocket', '/a b'],
    ['gdbSocket', '/run/x.sock'],
    ['gracePeriod', -1],
  ])('is refused with %s %j', (name, wrong) => {
    expect(() => parseEntry(JSON.stringify({ ...value, [name]: wrong }))).toThrow(JournalError);
  });

  test('of any kind ends in an entry or a JournalError', () => {
    const text = formatEntry(ENTRY);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 6 }), fc.nat(8), (at, put, cut) => {
        try {
          parseEntry(text.slice(0, at) + put + text.slice(at + cut));
        } catch (error) {
          expect(error).toBeInstanceOf(JournalError);
        }
      }),
    );
    fc.assert(fc.property(fc.json(), (json) => void expect(() => parseEntry(json)).toThrow(JournalError)));
  });
});
