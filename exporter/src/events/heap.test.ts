import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, type HeapMember } from './heap.ts';

interface Item extends HeapMember {
  value: number;
}
const item = (value: number): Item => ({ value, slots: [-1, -1] });
const least = (a: Item, b: Item): boolean => a.value < b.value;

describe('heap', () => {
  it('gives members in order, whatever was removed from its middle', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer(), fc.boolean())), (input) => {
        const heap = new Heap<Item>(0, least);
        const items = input.map(([value]) => item(value));
        items.forEach((each) => heap.push(each));
        items.forEach((each, index) => input[index]?.[1] && heap.remove(each));
        const kept = items.filter((_, index) => !input[index]?.[1]);
        expect(heap.size).toBe(kept.length);
        const out: number[] = [];
        for (let next = heap.pop(); next; next = heap.pop()) out.push(next.value);
        expect(out).toEqual(kept.map((each) => each.value).sort((a, b) => a - b));
      }),
    );
  });

  it('lets the member that fills a gap rise above its new parent', () => {
    const heap = new Heap<Item>(0, least);
    const items = [1, 10, 2, 11, 12, 3, 4].map(item);
    items.forEach((each) => heap.push(each));
    heap.remove(items[3] as Item);
    const out = Array.from({ length: 6 }, () => heap.pop()?.value);
    expect(out).toEqual([1, 2, 3, 4, 10, 12]);
  });

  it('shares members with another heap of another order', () => {
    const least1 = new Heap<Item>(0, least);
    const greatest = new Heap<Item>(1, (a, b) => a.value > b.value);
    const items = [5, 1, 9, 3].map(item);
    for (const each of items) {
      least1.push(each);
      greatest.push(each);
    }
    const top = greatest.pop() as Item;
    expect(top.value).toBe(9);
    expect(greatest.has(top)).toBe(false);
    expect(least1.has(top)).toBe(true);
    least1.remove(top);
    least1.remove(top);
    expect([least1.size, least1.peek()?.value, greatest.peek()?.value]).toEqual([3, 1, 5]);
  });
});
