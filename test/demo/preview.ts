import { ensurePageBuilt } from '../grafana/build-page.ts';
import { ensurePluginBuilt } from '../grafana/build-plugin.ts';
import { upstreamsOf } from '../grafana/live-setting.ts';
import { startGrafanaFor } from '../grafana/setting.ts';
import type { Stack } from '../stack/stack.ts';

/** The Grafana plugin on a page of its own, fed by the demo's virtmedic and Prometheus. */
export interface Preview {
  /** Null: there is none. */
  readonly url: string | null;
  stop(): Promise<void>;
}

export const NO_PREVIEW: Preview = { url: null, stop: () => Promise.resolve() };

/**
 * Begins to build it, which takes some seconds where its sources have changed, and returns what serves it once the stack is up. A preview that
 * cannot be built or served is told by `progress` and left out: the demo goes on.
 */
export function preparePreview(progress: (text: string) => void): (stack: Stack) => Promise<Preview> {
  const leaveOut = (error: unknown): void => progress(`no preview of the Grafana plugin: ${error instanceof Error ? error.message : String(error)}`);
  // In one go, not side by side: guests are starting meanwhile.
  const built = ensurePluginBuilt(progress).then(() => ensurePageBuilt(progress)).then(() => true, (error: unknown) => {
    leaveOut(error);
    return false;
  });
  return async (stack) => {
    if (!(await built)) return NO_PREVIEW;
    try {
      const { url, stop } = await startGrafanaFor(upstreamsOf(stack));
      return { url, stop };
    } catch (error) {
      leaveOut(error);
      return NO_PREVIEW;
    }
  };
}
