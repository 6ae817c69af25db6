/** What the page gives to tests, see page/host.ts. */
interface Window {
  host: {
    ready: boolean;
    fatal: string | null;
    timeRange: (() => { from: number; to: number }) | null;
    setTimeRange: ((from: number, to: number) => void) | null;
    setFrames: ((frames: unknown[]) => void) | null;
    framesAtMs: number | null;
    rows: (() => Record<string, unknown>[]) | null;
    queryErrors: string[];
  };
}
declare const window: Window & typeof globalThis;
