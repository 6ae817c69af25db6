import type { Machine } from './machine.ts';
import type { SimulatedWorkQueue } from './work-queue.ts';

const CTRL_ALT = 12;
/** Modes of a console in which the kernel itself looks at keys. */
const KERNEL_MODES: readonly number[] = [0, 3];

/** What is given to QEMU's monitor for a key. */
export interface KeyEvent {
  data: { down: boolean; key: { data: string } };
}

/** A keyboard that is handled in order and late, and what happens on Ctrl-Alt-Del. */
export function simulateKeyboard({ memory, time, speed, happened }: Machine, work: SimulatedWorkQueue, settings: { hasDriver: boolean; keyboardMode: number }) {
  const { address, get32, put32 } = memory;
  const held = new Set<string>();
  let freeAtMs = 0;

  function handle(key: string, isDown: boolean): void {
    happened.keysHandled++;
    if (isDown === held.has(key)) return;
    if (isDown) held.add(key);
    else held.delete(key);
    put32(address('shift_state'), (held.has('ctrl') ? 4 : 0) | (held.has('alt') ? 8 : 0));
    if (key !== 'delete' || !isDown || get32(address('shift_state')) !== CTRL_ALT || !KERNEL_MODES.includes(settings.keyboardMode)) return;
    if (get32(address('C_A_D')) !== 0) work.queue(address('cad_work.2'));
    else happened.restarts.push('SIGINT to process 1');
  }

  return {
    send(events: readonly KeyEvent[]): void {
      for (const { data } of events) {
        if (!settings.hasDriver) continue;
        freeAtMs = Math.max(freeAtMs, time.now()) + speed.key();
        time.later(freeAtMs - time.now(), () => handle(data.key.data, data.down));
      }
    },
  };
}
