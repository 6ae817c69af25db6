import type { Monitor } from '../memory/memory.ts';
import { messageOf } from './action-error.ts';

/** What libvirt knows of a domain and QEMU's monitor does not tell. */
export interface LibvirtFacts {
  /** The domain's live XML. */
  readonly xml: string;
  /** Kind of the job that libvirt runs on the domain (`virDomainGetJobInfo`); null: none. */
  readonly job: string | null;
}

/** What is known about a domain from outside of its guest. */
export interface DomainFacts {
  /** QEMU's run state: `running`, `paused`, `debug`, … */
  readonly status: string;
  /** State of a migration or of saving that is under way; null: none. */
  readonly migration: string | null;
  readonly jobs: readonly string[];
  readonly blockJobs: readonly string[];
  /** `launchSecurity` of the domain's XML: `sev`, `sev-snp`, `tdx`, `s390-pv`; null: none. */
  readonly launchSecurity: string | null;
  /** QEMU's own object that encrypts the guest; null: none. */
  readonly confidentialGuest: string | null;
  /** Where a gdb server that is not ours listens; null: there is none. */
  readonly gdbserver: string | null;
  /** What could not be found out. Not knowing is a reason to refuse. */
  readonly unclear: readonly string[];
}

const MOST_ITEMS = 1000;
/** States of a migration that has not begun, or has ended. */
const NO_MIGRATION = ['none', 'completed', 'failed', 'cancelled'];
const ENDED_JOBS = ['concluded', 'null', 'undefined'];

/** Asks QEMU's monitor what has to be known before a guest is touched. Never throws: what QEMU doesn't tell is in `unclear`. */
export async function readDomainFacts(monitor: Monitor, libvirt: LibvirtFacts | null): Promise<DomainFacts> {
  const unclear: string[] = [];
  const ask = asker(monitor, unclear);
  const status = await ask('query-status', readStatus, 'unknown');
  const migration = await ask('query-migrate', readMigration, null);
  const jobs = await ask('query-jobs', readJobs, []);
  const blockJobs = await ask('query-block-jobs', readBlockJobs, []);
  const dump = await ask('query-dump', (answer) => textOf(answer, 'status'), 'none');
  const gdbserver = await ask('query-chardev', readGdbserver, null);
  const confidentialGuest = await readConfidentialGuest(monitor, unclear);
  // QEMU lists the jobs of its disks among all jobs too, under the same name.
  const isOfDisk = ({ id }: Job): boolean => blockJobs.some((job) => job.id === id);
  const others = jobs.filter((job) => !isOfDisk(job)).map(describeJob);
  return {
    status,
    migration,
    jobs: [...others, ...(dump === 'active' ? ['dump'] : []), ...(libvirt?.job == null ? [] : [libvirt.job])],
    blockJobs: blockJobs.map(describeJob),
    launchSecurity: libvirt === null ? null : launchSecurityOf(libvirt.xml),
    confidentialGuest,
    gdbserver,
    unclear,
  };
}

/**
 * What may have begun since the facts were read, in two questions: for when the guest stands still meanwhile. Jobs of disks are among the jobs. Never
 * throws.
 */
export async function readRunningWork(monitor: Monitor): Promise<Pick<DomainFacts, 'migration' | 'jobs' | 'unclear'>> {
  const unclear: string[] = [];
  const ask = asker(monitor, unclear);
  const [migration, jobs] = await Promise.all([ask('query-migrate', readMigration, null), ask('query-jobs', readJobs, [])]);
  return { migration, jobs: jobs.map(describeJob), unclear };
}

function asker(monitor: Monitor, unclear: string[]) {
  return async <T>(command: string, read: (answer: unknown) => T, otherwise: T): Promise<T> => {
    try {
      return read(await monitor.execute(command));
    } catch (error) {
      unclear.push(`${command}: ${messageOf(error).slice(0, 200)}`);
      return otherwise;
    }
  };
}

/**
 * The kind of memory encryption that a domain's XML asks for; null: none.
 *
 * Comments, texts and CDATA are taken out first: a description may say anything.
 */
export function launchSecurityOf(xml: string): string | null {
  const markup = xml.replace(/<!--[\s\S]*?-->/g, '').replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '').replace(/<metadata\b[\s\S]*?<\/metadata>/g, '');
  const tag = /<launchSecurity\b([^>]*)>/.exec(markup);
  if (tag === null) return null;
  return /\btype\s*=\s*["']([\w-]{1,40})["']/.exec(tag[1] ?? '')?.[1] ?? 'unknown';
}

function readStatus(answer: unknown): string {
  return textOf(answer, 'status');
}

function readMigration(answer: unknown): string | null {
  const { status } = recordOf(answer);
  if (status === undefined) return null;
  if (typeof status !== 'string') throw new Error('no status');
  return NO_MIGRATION.includes(status) ? null : status;
}

interface Job {
  readonly type: string;
  readonly id: string;
}

const describeJob = ({ type, id }: Job): string => `${type} ${id}`;

function readJobs(answer: unknown): Job[] {
  return listOf(answer).flatMap((job) => (ENDED_JOBS.includes(textOf(job, 'status')) ? [] : [{ type: textOf(job, 'type'), id: textOf(job, 'id') }]));
}

function readBlockJobs(answer: unknown): Job[] {
  return listOf(answer).map((job) => ({ type: textOf(job, 'type'), id: textOf(job, 'device') }));
}

function readGdbserver(answer: unknown): string | null {
  for (const device of listOf(answer)) if (textOf(device, 'label') === 'gdb') return textOf(device, 'filename');
  return null;
}

async function readConfidentialGuest(monitor: Monitor, unclear: string[]): Promise<string | null> {
  try {
    const answer = await monitor.execute('qom-get', { path: '/machine', property: 'confidential-guest-support' });
    if (typeof answer !== 'string') throw new Error('the answer is no text');
    return answer === '' ? null : answer;
  } catch (error) {
    // Before QEMU 6.0 machines had no such property: only SEV was there, which is asked for by its own command.
    if (/not found/i.test(messageOf(error))) return readSev(monitor, unclear);
    unclear.push(`qom-get: ${messageOf(error).slice(0, 200)}`);
    return null;
  }
}

async function readSev(monitor: Monitor, unclear: string[]): Promise<string | null> {
  try {
    return recordOf(await monitor.execute('query-sev'))['enabled'] === false ? null : 'sev';
  } catch (error) {
    if (!/not (been )?found|not (available|enabled)/i.test(messageOf(error))) unclear.push(`query-sev: ${messageOf(error).slice(0, 200)}`);
    return null;
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('the answer is no object');
  return value as Record<string, unknown>;
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value) || value.length > MOST_ITEMS) throw new Error(`the answer is no list of at most ${MOST_ITEMS}`);
  return value;
}

function textOf(value: unknown, name: string): string {
  const text = recordOf(value)[name];
  if (typeof text !== 'string' || text.length > 1000) throw new Error(`the answer has no ${name}`);
  return text;
}
