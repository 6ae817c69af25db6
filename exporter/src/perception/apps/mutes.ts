/** Operations of our own that are under way, kept beside the domains: one that is started anew may not be there for a moment. */

export interface Mute {
  /** Monotonic. */
  untilMs: number;
  why: string;
}

export interface Mutes {
  /** `app` null: all of them, and the guest. */
  set(uuid: string, app: string | null, mute: Mute): void;
  end(uuid: string, app: string | null): void;
  of(uuid: string, nowMs: number): (Mute & { app: string | null })[];
  forgetEnded(nowMs: number): void;
}

export function createMutes(): Mutes {
  const mutes = new Map<string, Map<string | null, Mute>>();
  return {
    set(uuid, app, mute) {
      const ofDomain = mutes.get(uuid) ?? new Map<string | null, Mute>();
      ofDomain.set(app, mute);
      mutes.set(uuid, ofDomain);
    },
    end(uuid, app) {
      if (app === null) mutes.delete(uuid);
      else mutes.get(uuid)?.delete(app);
    },
    of: (uuid, nowMs) => [...(mutes.get(uuid) ?? [])].filter(([, { untilMs }]) => nowMs < untilMs).map(([app, mute]) => ({ app, ...mute })),
    forgetEnded(nowMs) {
      for (const [uuid, ofDomain] of mutes) {
        for (const [app, { untilMs }] of ofDomain) if (nowMs >= untilMs) ofDomain.delete(app);
        if (ofDomain.size === 0) mutes.delete(uuid);
      }
    },
  };
}
