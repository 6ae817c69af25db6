import { readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { accountOf } from './account.ts';
import type { Account } from './account.ts';
import { PrivilegeError } from './error.ts';
import { rightsLeft } from './rights-left.ts';

const ROOT = 0;
const THREADS = '/proc/self/task';

/** Said where nobody named a user. */
export const RUNS_AS_ROOT = 'virtmedic runs as root and needs none of its rights: start it with --user NAME, or with User= in its unit; only the guest helper has to be root';

export function isRoot(): boolean {
  return process.geteuid?.() === ROOT;
}

/** @returns the account that root is to become; null: this process is that user already. @throws PrivilegeError */
export function accountToBecome(user: string): Account | null {
  if (isRoot()) return accountOf(user);
  const own = ownNames();
  if (own.includes(user)) return null;
  throw new PrivilegeError(`only root can become user ${user}, and this is ${own.at(-1)}: leave --user out, or start it as root`);
}

/** Its number and, where it has one, its name. */
function ownNames(): string[] {
  const number = String(process.geteuid?.());
  try {
    return [number, userInfo().username];
  } catch {
    return [number];
  }
}

/**
 * This process is that user from now on, with its groups, and never root again: proved for every thread before this returns.
 *
 * @throws PrivilegeError; the process may not go on then
 */
export function become(account: Account): void {
  try {
    // In this order: who is not root any more may change neither groups nor group.
    initGroups(account);
    process.setgid?.(account.gid);
    process.setuid?.(account.uid);
  } catch (error) {
    throw new PrivilegeError(`cannot become user ${account.name}: it takes CAP_SETUID and CAP_SETGID (${(error as Error).message})`, { cause: error });
  }
  requireNothingLeft(account);
  requireNoWayBack(account);
  // What is root's: ssh's keys and known hosts, libvirt's session.
  for (const name of Object.keys(process.env)) if (name.startsWith('XDG_')) delete process.env[name];
  Object.assign(process.env, { HOME: account.home, USER: account.name, LOGNAME: account.name });
}

/** Missing in Node's types. */
function initGroups({ name, gid }: Account): void {
  (process as { initgroups?(user: string, group: number): void }).initgroups?.(name, gid);
}

function requireNothingLeft(account: Account): void {
  for (const thread of readdirSync(THREADS)) {
    const left = rightsLeft(readFileSync(`${THREADS}/${thread}/status`, 'latin1'), account);
    if (left !== null) throw new PrivilegeError(`as user ${account.name} it would keep rights that the user has not (${left}); nothing was started`);
  }
}

function requireNoWayBack({ name }: Account): void {
  const ways = [() => process.setuid?.(ROOT), () => process.seteuid?.(ROOT), () => process.setgid?.(ROOT), () => process.setegid?.(ROOT), () => process.setgroups?.([ROOT])];
  for (const way of ways) {
    try {
      way();
    } catch {
      continue;
    }
    throw new PrivilegeError(`as user ${name} it could become root again; nothing was started`);
  }
}
