import { describe, expect, it } from 'vitest';
import { adjust } from './threads.ts';

describe('CPU time as the kernel shows it', () => {
  const none = { user: 0n, system: 0n };

  it('divides the run time by the ticks', () => {
    expect(adjust({ user: 30n, system: 10n }, 1000n, none)).toEqual({ user: 750n, system: 250n });
  });

  it('gives all to the mode that alone has ticks, and to user mode without any', () => {
    expect(adjust({ user: 5n, system: 0n }, 1000n, none)).toEqual({ user: 1000n, system: 0n });
    expect(adjust({ user: 0n, system: 5n }, 1000n, none)).toEqual({ user: 0n, system: 1000n });
    expect(adjust(none, 1000n, none)).toEqual({ user: 1000n, system: 0n });
  });

  it('never shows less than before', () => {
    expect(adjust({ user: 30n, system: 10n }, 1000n, { user: 100n, system: 400n })).toEqual({ user: 600n, system: 400n });
    expect(adjust({ user: 10n, system: 30n }, 1000n, { user: 900n, system: 0n })).toEqual({ user: 900n, system: 100n });
    expect(adjust({ user: 10n, system: 30n }, 1000n, { user: 900n, system: 200n })).toEqual({ user: 900n, system: 200n });
  });
});
