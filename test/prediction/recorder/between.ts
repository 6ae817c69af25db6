/** A whole number from `least` to `most`, both included, from numbers of 0 to below 1. */
export function between(random: () => number, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

/** The same, with each doubling as likely as the next: slow ones are as common as fast ones. @param least above 0 */
export function betweenPowers(random: () => number, least: number, most: number): number {
  return Math.min(most, Math.floor(least * ((most + 1) / least) ** random()));
}
