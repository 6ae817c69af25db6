/** A source of looks that answers when and what a test says. */
import type { GuestProcess } from '../../../guest/processes/process.ts';
import type { GuestLook } from '../look.ts';
import type { GuestSource } from '../source.ts';

export interface FakeSource extends GuestSource {
  /** Looks that wait for their answer, in order. */
  readonly waiting: { uuid: string; answer(look: GuestLook): void }[];
  readonly looks: Map<string, number>;
  /** The most looks under way at once, into one guest and in all. */
  readonly most: { inOne: number; inAll: number };
  readableDomains: Set<string>;
  without: Set<string>;
  /** Answers each look at once; null: looks wait. */
  auto: ((uuid: string) => GuestLook) | null;
}

export function fakeSource(): FakeSource {
  const underWay = new Map<string, number>();
  let inAll = 0;
  const fake: FakeSource = {
    waiting: [],
    looks: new Map(),
    most: { inOne: 0, inAll: 0 },
    readableDomains: new Set(),
    without: new Set(),
    auto: null,
    look(uuid) {
      const inOne = (underWay.get(uuid) ?? 0) + 1;
      underWay.set(uuid, inOne);
      inAll += 1;
      fake.most.inOne = Math.max(fake.most.inOne, inOne);
      fake.most.inAll = Math.max(fake.most.inAll, inAll);
      fake.looks.set(uuid, (fake.looks.get(uuid) ?? 0) + 1);
      const { promise, resolve } = Promise.withResolvers<GuestLook>();
      const answer = (look: GuestLook): void => {
        underWay.set(uuid, (underWay.get(uuid) ?? 1) - 1);
        inAll -= 1;
        resolve(look);
      };
      if (fake.auto === null) fake.waiting.push({ uuid, answer });
      else answer(fake.auto(uuid));
      return promise;
    },
    processes: () => Promise.resolve([] as GuestProcess[]),
    readable: () => Promise.resolve(new Set(fake.readableDomains)),
    hasHelper: (host) => !fake.without.has(host),
    close: () => undefined,
  };
  return fake;
}
