export interface HeapMember {
  /** Index in each heap; -1: not in it. */
  readonly slots: number[];
}

/**
 * Binary heap whose members know where they are, so that any of them can be removed in O(log n).
 * A member may be in as many heaps at once as its `slots` has places; each heap uses its own place.
 * A class, because there is one for each of thousands of targets.
 */
export class Heap<T extends HeapMember> {
  readonly #members: T[] = [];
  readonly #slot: number;
  readonly #before: (a: T, b: T) => boolean;

  /** `before(a, b)`: a leaves before b. It must not change for a member while the member is in the heap. */
  constructor(slot: number, before: (a: T, b: T) => boolean) {
    this.#slot = slot;
    this.#before = before;
  }

  get size(): number {
    return this.#members.length;
  }

  /** In no useful order. */
  get members(): readonly T[] {
    return this.#members;
  }

  has(member: T): boolean {
    return (member.slots[this.#slot] as number) >= 0;
  }

  peek(): T | undefined {
    return this.#members[0];
  }

  push(member: T): void {
    this.#siftUp(member, this.#members.length);
  }

  pop(): T | undefined {
    return this.#members.length === 0 ? undefined : this.#removeAt(0);
  }

  /** Does nothing when the member is not in this heap. */
  remove(member: T): void {
    if (this.has(member)) this.#removeAt(member.slots[this.#slot] as number);
  }

  #place(member: T, index: number): void {
    this.#members[index] = member;
    member.slots[this.#slot] = index;
  }

  #siftUp(member: T, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#members[parentIndex] as T;
      if (!this.#before(member, parent)) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(member, index);
  }

  #siftDown(member: T, from: number): void {
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= this.#members.length) break;
      const left = this.#members[childIndex] as T;
      const right = this.#members[childIndex + 1];
      const isRightFirst = right !== undefined && this.#before(right, left);
      if (isRightFirst) childIndex += 1;
      const child = isRightFirst ? right : left;
      if (!this.#before(child, member)) break;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(member, index);
  }

  #removeAt(index: number): T {
    const removed = this.#members[index] as T;
    const last = this.#members.pop() as T;
    removed.slots[this.#slot] = -1;
    if (removed === last) return removed;
    const parent = this.#members[(index - 1) >> 1];
    if (index > 0 && this.#before(last, parent as T)) this.#siftUp(last, index);
    else this.#siftDown(last, index);
    return removed;
  }
}
