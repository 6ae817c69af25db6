import type { Account } from './account.ts';

const ROOT_GROUP = '0';
const CAPABILITIES = ['CapPrm', 'CapEff', 'CapAmb'];

/**
 * What a thread still has that its user has not, out of its /proc/…/status (proc_pid_status(5)); null: nothing. Real,
 * effective, saved and file system ids are looked at: from any of them that is root's, root can be had again.
 */
export function rightsLeft(status: string, { uid, gid }: Pick<Account, 'uid' | 'gid'>): string | null {
  const values = new Map(status.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim().split(/\s+/)]));
  const isNot = (name: string, allowed: (value: string) => boolean, count: number): boolean => {
    const found = values.get(name);
    return found === undefined || found.length < count || !found.every(allowed);
  };
  const shown = (name: string): string => `${name} ${values.get(name)?.join(' ') ?? 'unknown'}`;
  if (isNot('Uid', (value) => value === String(uid), 4)) return shown('Uid');
  if (isNot('Gid', (value) => value === String(gid), 4)) return shown('Gid');
  if (gid === 0 || isNot('Groups', (value) => value !== ROOT_GROUP, 1)) return `${shown('Groups')}: root's group is among them`;
  const capability = CAPABILITIES.find((name) => isNot(name, (value) => /^0+$/.test(value), 1));
  return capability === undefined ? null : shown(capability);
}
