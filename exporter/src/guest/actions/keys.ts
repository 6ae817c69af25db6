import type { Monitor } from '../memory/memory.ts';

/** Keys by their QEMU name (`QKeyCode`). */
type Key = 'ctrl' | 'alt' | 'delete';
type KeyEvent = readonly [Key, 'down' | 'up'];

const MODIFIERS_DOWN: readonly KeyEvent[] = [
  ['ctrl', 'down'],
  ['alt', 'down'],
];
const MODIFIERS_UP: readonly KeyEvent[] = [
  ['alt', 'up'],
  ['ctrl', 'up'],
];
const DELETE: readonly KeyEvent[] = [
  ['delete', 'down'],
  ['delete', 'up'],
];
/** Bits of the guest's `shift_state`: KG_CTRL and KG_ALT. */
export const CTRL_AND_ALT = 12;

/** Ctrl and Alt go down. */
export async function pressModifiers(monitor: Monitor): Promise<void> {
  await send(monitor, MODIFIERS_DOWN);
}

/** Ctrl and Alt go up. Where they are up already the guest's kernel ignores it. */
export async function releaseModifiers(monitor: Monitor): Promise<void> {
  await send(monitor, MODIFIERS_UP);
}

/** Delete goes down and up, then Alt and Ctrl go up: in one command, so that nothing can come between them. */
export async function pressDeleteAndRelease(monitor: Monitor): Promise<void> {
  await send(monitor, [...DELETE, ...MODIFIERS_UP]);
}

async function send(monitor: Monitor, events: readonly KeyEvent[]): Promise<void> {
  await monitor.execute('input-send-event', {
    events: events.map(([key, to]) => ({ type: 'key', data: { down: to === 'down', key: { type: 'qcode', data: key } } })),
  });
}
