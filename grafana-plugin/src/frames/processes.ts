/** Processes in guests as a table. */
import type { DataFrame, QueryResultMetaNotice } from '@grafana/data';
import { t } from '@grafana/i18n';
import type { Domain, GuestProcess } from '../api/types';
import { flag, number, tableFrame, text, time, type Column } from './columns';
import { PROCESS_FIELD, PROCESSES_FRAME } from './names';

/** A process with the domain in whose guest it is. */
export interface DomainProcess extends GuestProcess {
  domain: Pick<Domain, 'host' | 'name' | 'uuid'>;
}

/** Those with the most memory first; of which it is not known, last. */
export function processesFrame(
  processes: readonly DomainProcess[],
  refId: string,
  notices: QueryResultMetaNotice[]
): DataFrame {
  const sorted = [...processes].sort(
    (left, right) => (right.residentBytes ?? -1) - (left.residentBytes ?? -1) || left.pid - right.pid
  );
  const meta = { notices, custom: { virtmedic: { kind: PROCESSES_FRAME } } };
  return tableFrame(sorted, columns(), { name: PROCESSES_FRAME, refId, meta });
}

const BYTES = { unit: 'bytes' };
const SECONDS = { unit: 's' };
const PLAIN = { unit: 'none', decimals: 0 };

function columns(): Array<Column<DomainProcess>> {
  const f = PROCESS_FIELD;
  return [
    text(f.host, t('datasource.field.host', 'Host'), ({ domain }) => domain.host || null),
    text(f.domain, t('datasource.field.domain', 'Domain'), ({ domain }) => domain.name),
    number(f.pid, t('datasource.field.pid', 'PID'), ({ pid }) => pid, PLAIN),
    number(f.parentPid, t('datasource.field.parent-pid', 'Parent PID'), ({ parentPid }) => parentPid, PLAIN),
    text(f.name, t('datasource.field.name', 'Name'), ({ name }) => name || null),
    text(f.state, t('datasource.field.state', 'State'), ({ state }) => state || null),
    text(f.unit, t('datasource.field.unit', 'Unit'), ({ unit }) => unit),
    number(f.cpuSeconds, t('datasource.field.cpu-time', 'CPU time'), ({ cpuSeconds }) => cpuSeconds, SECONDS),
    number(f.residentBytes, t('datasource.field.memory', 'Memory'), ({ residentBytes }) => residentBytes, BYTES),
    number(f.threads, t('datasource.field.threads', 'Threads'), ({ threads }) => threads, PLAIN),
    text(f.commandLine, t('datasource.field.command-line', 'Command line'), ({ commandLine }) => commandLine),
    text(f.executable, t('datasource.field.executable', 'Executable'), ({ executable }) => executable),
    text(f.cgroup, t('datasource.field.cgroup', 'Control group'), ({ cgroup }) => cgroup),
    number(f.uid, t('datasource.field.uid', 'User ID'), ({ uid }) => uid, PLAIN),
    time(f.started, t('datasource.field.started', 'Started'), ({ startedAtMs }) => startedAtMs),
    flag(f.kernelThread, t('datasource.field.kernel-thread', 'Kernel thread'), ({ kernelThread }) => kernelThread),
    text(f.uuid, t('datasource.field.uuid', 'UUID'), ({ domain }) => domain.uuid || null),
  ];
}
