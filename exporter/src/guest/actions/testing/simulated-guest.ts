import type { Clock } from '../clock.ts';
import type { KernelWriter } from '../kernel-writer.ts';
import { createHelperLife } from './simulated/helper-life.ts';
import type { Death } from './simulated/helper-life.ts';
import { simulateJournal } from './simulated/journal.ts';
import { simulateKernel } from './simulated/kernel.ts';
import { simulateKeyboard } from './simulated/keyboard.ts';
import type { GuestSpeed, Happened, Machine } from './simulated/machine.ts';
import { createMemory } from './simulated/memory.ts';
import { simulateMonitor } from './simulated/monitor.ts';
import { simulateProcesses } from './simulated/processes.ts';
import { simulateSysrq } from './simulated/sysrq.ts';
import { createTime } from './simulated/time.ts';
import { simulateWorkQueue } from './simulated/work-queue.ts';

export { Killed } from './simulated/helper-life.ts';
export type { GuestSpeed } from './simulated/machine.ts';

export const FAST: GuestSpeed = { key: () => 2, pickUp: () => 1, read: () => 1, run: () => 3 };

const DAY = Date.UTC(2026, 0, 1);

export type SimulatedGuest = ReturnType<typeof simulateGuest>;

/**
 * A guest as far as hooks see it: a keyboard that is handled in order and late, a work queue with one worker, processes, and what happens
 * on Ctrl-Alt-Del and SysRq-F. Time passes only by its clock.
 */
export function simulateGuest(speed: GuestSpeed = FAST, death: Death = {}) {
  const settings = { hasKeyboard: true, hasDriver: true, keyboardMode: 3, status: 'running', failing: new Map<string, string>(), answers: new Map<string, unknown>() };
  const happened: Happened = { restarts: [], powerOffs: 0, oomKills: 0, ran: [], keysHandled: 0 };
  const [memory, time, life] = [createMemory(), createTime(), createHelperLife(death)];
  const { address } = memory;
  const machine: Machine = { memory, time, speed, happened };
  const work = simulateWorkQueue(machine, simulateProcesses(machine));
  const sysrq = simulateSysrq(machine, work);
  const monitor = simulateMonitor(time, life, settings, simulateKeyboard(machine, work, settings));
  const writer: KernelWriter = { write: (place, bytes) => life.operate(() => memory.put(place, bytes)) };
  const clock: Clock = {
    now: time.now,
    async sleep(milliseconds) {
      life.requireAlive();
      time.pass(milliseconds);
    },
    date: () => new Date(DAY + Math.round(time.now())),
  };

  return {
    kernel: simulateKernel(memory, life),
    writer,
    monitor,
    clock,
    journal: simulateJournal(life),
    happened,
    settings,
    pass: time.pass,
    operations: life.operations,
    revive: life.revive,
    setKeyboardMode(mode: number): void {
      settings.keyboardMode = mode;
      memory.putKeyboardMode(0, mode);
    },
    set32: (name: string, value: number) => memory.put32(address(name), value),
    set64: (name: string, value: bigint, offset = 0n) => memory.put64(address(name) + offset, value),
    setText: (name: string, text: string) => memory.putText(address(name), text),
    get32: (name: string) => memory.get32(address(name)),
    removeSymbol: (name: string) => memory.symbols.delete(name),
    addSymbol: (name: string) => memory.symbols.set(name, memory.allocate(32)),
    /** BREAK and a key on the serial console, handled as late as a key. */
    async breakAndType(text: string): Promise<void> {
      time.pass(1);
      life.operate(() => (text === 'f' ? sysrq.press() : undefined));
    },
    /** What has to be the same before and after: function, command, gate, forced, of both hooks. */
    hooked(): string {
      const of = (name: string, bytes: number, offset = 0n) => memory.get(address(name) + offset, bytes).toString('hex');
      return [of('poweroff_cmd', 256), of('cad_work.2', 8, 24n), of('moom_work', 8, 24n), of('C_A_D', 4), of('sysrq_enabled', 4), of('shift_state', 4), of('poweroff_force', 1)].join(' ');
    },
  };
}
