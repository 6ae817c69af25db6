import type { Monitor } from '../../../memory/memory.ts';
import type { HelperLife } from './helper-life.ts';
import type { KeyEvent } from './keyboard.ts';
import type { SimulatedTime } from './time.ts';

const COMMAND_MS = 1;

export interface MonitorSettings {
  hasKeyboard: boolean;
  /** Of the domain. */
  status: string;
  /** Commands that fail, with what. */
  failing: ReadonlyMap<string, string>;
  /** Answers other than the usual ones. */
  answers: ReadonlyMap<string, unknown>;
}

/** QEMU's monitor of a simulated guest. */
export function simulateMonitor(time: SimulatedTime, life: HelperLife, settings: MonitorSettings, keyboard: { send(events: readonly KeyEvent[]): void }): Monitor {
  const answers: Record<string, (args: Record<string, unknown>) => unknown> = {
    'query-status': () => ({ status: settings.status }),
    'query-migrate': () => ({}),
    'query-jobs': () => [],
    'query-block-jobs': () => [],
    'query-dump': () => ({ status: 'none' }),
    'query-chardev': () => [{ label: 'charmonitor', filename: 'unix' }],
    'qom-get': () => '',
    'input-send-event'(args) {
      if (!settings.hasKeyboard) throw new Error('Input handler not found for event type key');
      keyboard.send(args['events'] as readonly KeyEvent[]);
      return {};
    },
  };
  return {
    human: async () => '',
    async execute(command, args = {}) {
      time.pass(COMMAND_MS);
      const failure = settings.failing.get(command);
      if (failure !== undefined) throw new Error(failure);
      return life.operate(() => settings.answers.get(command) ?? answers[command]?.(args));
    },
  };
}
