/** A whole number from `least` to `most`, both included, from numbers of 0 to below 1. */
export function between(random: () => number, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}
