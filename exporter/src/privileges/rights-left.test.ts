import { expect, it } from 'vitest';
import { rightsLeft } from './rights-left.ts';

const USER = { uid: 998, gid: 997 };
const NOTHING = {
  Name: ['node'],
  Uid: ['998', '998', '998', '998'],
  Gid: ['997', '997', '997', '997'],
  Groups: ['112', '997'],
  CapInh: ['0000000000080000'],
  CapPrm: ['0000000000000000'],
  CapEff: ['0000000000000000'],
  CapBnd: ['000001ffffffffff'],
  CapAmb: ['0000000000000000'],
};

function status(changes: Record<string, string[]> = {}): string {
  return Object.entries({ ...NOTHING, ...changes }).map(([name, values]) => `${name}:\t${values.join('\t')}\n`).join('');
}

it('is nothing for a thread that is its user and no more', () => {
  expect(rightsLeft(status(), USER)).toBeNull();
});

it.each<[Record<string, string[]>, string]>([
  [{ Uid: ['998', '998', '0', '998'] }, 'Uid 998 998 0 998'],
  [{ Uid: ['998', '998', '998'] }, 'Uid 998 998 998'],
  [{ Gid: ['0', '997', '997', '997'] }, 'Gid 0 997 997 997'],
  [{ Groups: ['997', '0'] }, "Groups 997 0: root's group is among them"],
  [{ CapPrm: ['0000000000000080'] }, 'CapPrm 0000000000000080'],
  [{ CapEff: ['000001ffffffffff'] }, 'CapEff 000001ffffffffff'],
  [{ CapAmb: ['0000000000000001'] }, 'CapAmb 0000000000000001'],
])('is told of: %j', (changes, left) => {
  expect(rightsLeft(status(changes), USER)).toBe(left);
});

it('is told of what cannot be known, and of a user whose own group is root\'s', () => {
  expect(rightsLeft(status().replace(/^CapAmb.*\n/m, ''), USER)).toBe('CapAmb unknown');
  expect(rightsLeft('', USER)).toBe('Uid unknown');
  expect(rightsLeft(status({ Gid: ['0', '0', '0', '0'], Groups: ['112'] }), { uid: 998, gid: 0 })).toBe("Groups 112: root's group is among them");
});
