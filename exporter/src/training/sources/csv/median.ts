/** The median; null of nothing. */
export function median(values: Float64Array): number | null {
  return values.length === 0 ? null : values.toSorted()[Math.floor((values.length - 1) / 2)]!;
}

const MOST_KEPT = 65_536;

/** A sample of any number of values: all of them while they are few, then every second, fourth, … one. */
export class Sample {
  #kept = new Float64Array(MOST_KEPT);
  #length = 0;
  #seen = 0;
  #stride = 1;

  add(value: number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    if (this.#length === MOST_KEPT) {
      for (let n = 0; n < MOST_KEPT / 2; n++) this.#kept[n] = this.#kept[2 * n]!;
      this.#length = MOST_KEPT / 2;
      this.#stride *= 2;
    }
    this.#kept[this.#length++] = value;
  }

  median(): number | null {
    return median(this.#kept.subarray(0, this.#length));
  }
}
