import { userInfo } from 'node:os';
import { PrivilegeError } from './error.ts';

/** A user of the machine that virtmedic may become. */
export interface Account {
  name: string;
  uid: number;
  /** Its own group. */
  gid: number;
  home: string;
}

const ROOT = 0;

/**
 * The account of a user, by name or number, as the system knows it, directory services included. For root alone: it is
 * asked as that user. @throws PrivilegeError
 */
export function accountOf(user: string): Account {
  const { username: name, uid, gid, homedir: home } = asUser(user, () => userInfo());
  if (uid === ROOT) throw new PrivilegeError(`${user} is root; make a user for virtmedic: useradd --system --groups libvirt virtmedic`);
  // Another name of the same number may have other groups.
  if (name !== user && String(uid) !== user) throw new PrivilegeError(`user ${user} has the same number as ${name}; name that one`);
  return { name, uid, gid, home };
}

/** The name alone can be asked of Node only for the effective user. */
function asUser<T>(user: string, ask: () => T): T {
  const id = /^\d{1,10}$/.test(user) ? Number(user) : user;
  try {
    process.seteuid?.(id);
    return ask();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EPERM') throw new PrivilegeError(`cannot become user ${user}: it takes CAP_SETUID and CAP_SETGID, which this process lacks`, { cause: error });
    if (code === 'ERR_UNKNOWN_CREDENTIAL' || message.includes('uv_os_get_passwd')) throw new PrivilegeError(`there is no user ${user} on this machine; make one: useradd --system --groups libvirt virtmedic`, { cause: error });
    throw error;
  } finally {
    process.seteuid?.(ROOT);
  }
}
