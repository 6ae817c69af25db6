/** Never more than `most` at the same time. Rejects as the first that does. */
export async function atOnce<T>(items: Iterable<T>, most: number, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: most }, lane));
}

/** What is done with one thing is done one after the other; `work` must not reject. */
export function createTurns<Key>(): (key: Key, work: () => Promise<void>) => Promise<void> {
  const last = new Map<Key, Promise<void>>();
  return async (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work);
    last.set(key, mine);
    await mine;
    if (last.get(key) === mine) last.delete(key);
  };
}
