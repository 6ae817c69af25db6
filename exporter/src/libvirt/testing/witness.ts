import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';

const SCRIPT = new URL('./witness.py', import.meta.url).pathname;
/** Debian's own Python has python3-libvirt; another one on the PATH has not. */
const PYTHON = '/usr/bin/python3';
const MAX_BYTES = 64 * 1024 * 1024;

/** What libvirt's own client library says; see witness.py. */
export async function witness<Answer>(what: string, uri: string, ...args: (string | number)[]): Promise<Answer> {
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, what, uri, ...args.map(String)], { maxBuffer: MAX_BYTES });
  return JSON.parse(stdout) as Answer;
}

/** The events that libvirt's own client library sees: kind, UUID, then the event's numbers and texts. */
export interface EventWitness {
  readonly events: unknown[][];
  stop(): Promise<void>;
}

export async function startEventWitness(uri: string): Promise<EventWitness> {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(PYTHON, [SCRIPT, 'events', uri], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const events: unknown[][] = [];
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'ready') ready.resolve();
    else events.push(JSON.parse(line) as unknown[]);
  });
  void ended.then(() => ready.reject(new Error('the event witness ended')));
  await ready.promise;
  return {
    events,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** The part of the npm package `libvirt` that the tests use. */
export interface NativeBinding {
  Hypervisor: new (options: { uri: string }) => {
    connectOpen(): Promise<void>;
    connectClose(): Promise<void>;
    connectGetHostname(): Promise<string>;
    connectListAllDomains(): Promise<{ getName(): Promise<string>; getUUIDString(): Promise<string>; getXMLDesc(): Promise<string> }[]>;
    domainLookupByName(name: string): Promise<unknown>;
    nodeGetInfo(): Promise<Record<string, number | string>>;
  };
}

/** The native binding, or why it is not there: an optional dependency that has to be compiled. */
export async function nativeBinding(): Promise<NativeBinding | string> {
  const name = 'libvirt';
  try {
    return (await import(name)) as NativeBinding;
  } catch (error) {
    return `npm package ${name} is not usable here: ${(error as Error).message.split('\n')[0]}`;
  }
}
