import { readTrustedFile } from './trusted-path.ts';

const PASSWD_FILE = '/etc/passwd';
const MOST_BYTES = 4_194_304;
/** (uid_t) -1 means nobody in system calls. */
export const MOST_UID = 0xffff_fffe;

/** The uids of the machine's users by name. Users that are only in a directory service are not in it; they go by number. */
export async function localUsers(file = PASSWD_FILE, ownerUid = 0): Promise<ReadonlyMap<string, number>> {
  const users = new Map<string, number>();
  for (const line of (await readTrustedFile(file, ownerUid, MOST_BYTES)).split('\n')) {
    const [name, , uid] = line.split(':');
    if (name === undefined || uid === undefined || !/^\d{1,10}$/.test(uid) || Number(uid) > MOST_UID) continue;
    if (!users.has(name)) users.set(name, Number(uid));
  }
  return users;
}
