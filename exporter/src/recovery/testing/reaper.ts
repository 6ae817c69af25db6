/** A process that dies at a chosen point, for tests of crashes. */
import type { Store } from '../../history/store.ts';
import { READS } from './engine.ts';

/** Counts the places at which a process may die, and lets it die at one of them: from then on nothing it does has an effect. */
export function createReaper(dieAt: number): { points: string[]; dead: Promise<void>; pass(point: string): Promise<void> } {
  const points: string[] = [];
  let die: () => void;
  const dead = new Promise<void>((resolve) => (die = resolve));
  let isDead = false;
  return {
    points,
    dead,
    pass(point) {
      if (!isDead) points.push(point);
      if (points.length - 1 === dieAt) {
        isDead = true;
        die();
      }
      return isDead ? new Promise<void>(() => undefined) : Promise.resolve();
    },
  };
}

export function mortalStore(store: Store, pass: (point: string) => Promise<void>): Store {
  return new Proxy(store, {
    get(target, name, receiver): unknown {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function' || READS.has(String(name))) return member;
      return async (...args: unknown[]): Promise<unknown> => {
        await pass(`before ${String(name)}`);
        const value: unknown = await (member as (...all: unknown[]) => unknown).apply(target, args);
        await pass(`after ${String(name)}`);
        return value;
      };
    },
  });
}
