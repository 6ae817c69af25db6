import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../lab/free-port.ts';
import { startLab, type Host, type Lab } from '../lab/lab.ts';
import { startService, type ServiceProcess } from '../lab/service-process.ts';
import type { Bench } from './frame/bench.ts';
import { median, quantile } from './frame/statistics.ts';

const PEER = '/usr/bin/prometheus-libvirt-exporter';
const MAIN = fileURLToPath(new URL('../../exporter/src/main.ts', import.meta.url));
/** What the peer exports too. */
const SAME_COLLECTORS = ['info', 'cpu', 'block', 'interface'];
/** Starting QEMU is the slow part; the machine has few cores. */
const STARTS_AT_ONCE = 3;
const MOST_STARTED_MS = 60_000;
/** A daemon runs for months: the compilation of its hot paths, which ends about here, is part of no steady state. */
const WARM_UP_SCRAPES = 500;

interface Contender {
  name: 'ours' | 'peer' | 'full';
  service: ServiceProcess;
  url: string;
}

/** One contender's scrapes of one round. */
interface Block {
  wallMs: number[];
  clientCpuMs: number;
  daemonCpuMs: number;
}

async function startDomains(lab: Lab, count: number, signal: AbortSignal): Promise<void> {
  let next = 0;
  const starter = async (): Promise<void> => {
    while (next < count) {
      signal.throwIfAborted();
      await lab.guest(lab.host(1), { name: `vm${next++}`, memoryMiB: 32 }).startPaused();
    }
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, starter));
}

async function startOurs(folder: string, name: 'ours' | 'full', host: Host, collectors: readonly string[] | null): Promise<Contender> {
  const [webPort, controlPort] = (await freePorts(2)) as [number, number];
  const config = join(folder, `${name}.yaml`);
  const settings = {
    hosts: [{ name: 'h1', uri: host.unixUri }],
    web: { listen: `127.0.0.1:${webPort}` },
    control: { listen: `127.0.0.1:${controlPort}` },
    store: { path: join(folder, `${name}.db`) },
    ...(collectors && { metrics: { collectors } }),
  };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(settings));
  const url = `http://127.0.0.1:${webPort}/metrics`;
  const service = await startService({
    program: process.execPath,
    package: 'none: it is the program that runs this bench',
    args: [MAIN, 'serve', '--config', config],
    logPath: join(folder, `${name}.log`),
    readyUrl: `http://127.0.0.1:${webPort}/-/ready`,
    deadlineMs: MOST_STARTED_MS,
  });
  return { name, service, url };
}

async function startPeer(folder: string, host: Host): Promise<Contender> {
  const [port] = (await freePorts(1)) as [number];
  const url = `http://127.0.0.1:${port}/metrics`;
  const service = await startService({
    program: PEER,
    package: 'prometheus-libvirt-exporter',
    args: ['--libvirt.uri', host.unixUri, '--web.listen-address', `127.0.0.1:${port}`],
    logPath: join(folder, 'peer.log'),
    readyUrl: url,
    deadlineMs: MOST_STARTED_MS,
  });
  return { name: 'peer', service, url };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** A GET as Prometheus does it: from sending to the last byte. */
function scrape(url: string): Promise<{ wallMs: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ wallMs: number; text: string }>();
  const startedMs = performance.now();
  const request = get(url, { agent, headers: { accept: 'text/plain;version=0.0.4' } }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const wallMs = performance.now() - startedMs;
      if (response.statusCode === 200) resolve({ wallMs, text: Buffer.concat(chunks).toString() });
      else reject(new Error(`${url}: status ${response.statusCode}`));
    });
  });
  request.on('error', reject);
  request.setTimeout(60_000, () => request.destroy(new Error(`${url}: no answer within 60 s`)));
  return promise;
}

/** CPU time of a process with all its threads, user and system: fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function runBlock({ service, url }: Contender, host: Host, scrapes: number, signal: AbortSignal): Promise<Block> {
  const daemon = host.libvirtdPid;
  if (daemon === undefined) throw new Error('libvirtd ended');
  const before = { client: cpuMs(service.pid), daemon: cpuMs(daemon) };
  const wallMs: number[] = [];
  for (let n = 0; n < scrapes; n++) {
    signal.throwIfAborted();
    wallMs.push((await scrape(url)).wallMs);
  }
  return { wallMs, clientCpuMs: (cpuMs(service.pid) - before.client) / scrapes, daemonCpuMs: (cpuMs(daemon) - before.daemon) / scrapes };
}

/** Every domain must be in both answers, with its disk and its interface, or the times could not be compared. */
async function checkAnswers(contenders: readonly Contender[], domains: number): Promise<Record<string, number>> {
  const series: Record<string, number> = {};
  for (const { name, url } of contenders) {
    const lines = (await scrape(url)).text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    series[`${name}_series`] = lines.length;
    for (const metric of ['domain_block_stats_write_bytes_total', 'domain_interface_stats_receive_bytes_total', 'domain_info_cpu_time_seconds_total']) {
      const found = lines.filter((line) => line.startsWith(`libvirt_${metric}{`)).length;
      if (found !== domains) throw new Error(`${name}: ${found} of ${domains} domains have libvirt_${metric}`);
    }
  }
  return series;
}

function figures(blocks: Record<Contender['name'], Block[]>): Record<string, number> {
  const wall = (name: Contender['name']): number => median(blocks[name].flatMap(({ wallMs }) => wallMs));
  // Ticks are coarse against one round: the mean over all of them counts.
  const mean = (name: Contender['name'], of: 'clientCpuMs' | 'daemonCpuMs'): number =>
    blocks[name].reduce((sum, block) => sum + block[of], 0) / blocks[name].length;
  return {
    wall_ratio: wall('ours') / wall('peer'),
    client_cpu_ratio: mean('ours', 'clientCpuMs') / mean('peer', 'clientCpuMs'),
    daemon_cpu_ratio: mean('ours', 'daemonCpuMs') / mean('peer', 'daemonCpuMs'),
    ours_ms: wall('ours'),
    peer_ms: wall('peer'),
    full_ms: wall('full'),
    ours_p90_ms: quantile(blocks.ours.flatMap(({ wallMs }) => wallMs), 0.9),
    peer_p90_ms: quantile(blocks.peer.flatMap(({ wallMs }) => wallMs), 0.9),
    ours_client_cpu_ms: mean('ours', 'clientCpuMs'),
    peer_client_cpu_ms: mean('peer', 'clientCpuMs'),
    full_client_cpu_ms: mean('full', 'clientCpuMs'),
    ours_daemon_cpu_ms: mean('ours', 'daemonCpuMs'),
    peer_daemon_cpu_ms: mean('peer', 'daemonCpuMs'),
    full_daemon_cpu_ms: mean('full', 'daemonCpuMs'),
  };
}

export const bench: Bench = {
  summary: 'a scrape of 50 real domains, beside Debian\'s prometheus-libvirt-exporter',
  description: `
One libvirtd with 50 QEMU processes (paused, so that they take no CPU from the measurement), scraped over HTTP by turns: by virtmedic with
the groups of metrics that the peer has too (${SAME_COLLECTORS.join(', ')}), by the peer, and by virtmedic with all groups. Each is a real process of its
own, virtmedic the whole daemon with events and sampler, all after ${WARM_UP_SCRAPES} scrapes to warm up. Wall times: from sending the request to the last byte, medians. CPU times: user and system of the exporter
and of libvirtd, from /proc/PID/stat, per scrape; what QEMU itself spends on answering is not in them. wall_ratio, client_cpu_ratio and daemon_cpu_ratio: ours / peer.`,
  goals: {
    wall_ratio: { op: '<=', value: 0.5 },
    client_cpu_ratio: { op: '<=', value: 0.25 },
    daemon_cpu_ratio: { op: '<=', value: 1 },
  },
  async run({ quick, progress, signal }) {
    const domains = quick ? 10 : 50;
    const rounds = quick ? 5 : 20;
    const scrapes = quick ? 5 : 15;
    const folder = mkdtempSync(join(tmpdir(), 'virtmedic-scrape-'));
    const contenders: Contender[] = [];
    const lab = await startLab({ hosts: 1, name: 'scrape', onProgress: progress });
    try {
      const host = lab.host(1);
      progress(`starting ${domains} domains`);
      await startDomains(lab, domains, signal);
      contenders.push(await startOurs(folder, 'ours', host, SAME_COLLECTORS));
      contenders.push(await startPeer(folder, host));
      contenders.push(await startOurs(folder, 'full', host, null));
      const series = await checkAnswers(contenders, domains);
      progress('warming up');
      for (const contender of contenders) await runBlock(contender, host, quick ? 5 : WARM_UP_SCRAPES, signal);
      const blocks: Record<Contender['name'], Block[]> = { ours: [], peer: [], full: [] };
      for (let round = 0; round < rounds; round++) {
        for (const contender of contenders) blocks[contender.name].push(await runBlock(contender, host, scrapes, signal));
        if ((round + 1) % 5 === 0) progress(`round ${round + 1} of ${rounds}`);
      }
      await checkAnswers(contenders, domains);
      return { figures: { domains, ...figures(blocks), ...series }, runs: rounds * scrapes };
    } finally {
      await Promise.all(contenders.map(({ service }) => service.stop()));
      await lab.down();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
