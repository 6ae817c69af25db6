export type SimulatedTime = ReturnType<typeof createTime>;

/** Time that passes only where somebody lets it, milliseconds from 0, and what is to happen in it. */
export function createTime() {
  let nowMs = 0;
  let order = 0;
  const events: { dueMs: number; order: number; act: () => void }[] = [];
  return {
    now: (): number => nowMs,
    /** What is due at one moment happens in the order in which it was asked for. */
    later(delayMs: number, act: () => void): void {
      events.push({ dueMs: nowMs + delayMs, order: order++, act });
      events.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    },
    pass(milliseconds: number): void {
      const endMs = nowMs + milliseconds;
      for (let next = events[0]; next !== undefined && next.dueMs <= endMs; next = events[0]) {
        events.shift();
        nowMs = next.dueMs;
        next.act();
      }
      nowMs = endMs;
    },
  };
}
