/**
 * Exact upper limit of the mean of a Poisson distribution of which `count` events were seen (Garwood 1936): the mean at which so few or fewer
 * have the probability 1 - confidence. The same as half of the chi-square quantile of 2 (count + 1) degrees of freedom.
 *
 * @param count a whole number from 0
 * @param confidence of this one side; of an interval with both sides at 95 % it is 0.975
 * @throws RangeError when either is none
 */
export function poissonUpper(count: number, confidence = 0.95): number {
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`count: expected a whole number from 0, not ${count}`);
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence: expected more than 0 and less than 1, not ${confidence}`);
  let [low, high] = [0, 10];
  while (atMost(count, high) > 1 - confidence) high *= 2;
  // As far as numbers can be told apart.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (atMost(count, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
}

/** P(X <= count) of a Poisson distribution. */
function atMost(count: number, mean: number): number {
  if (mean === 0) return 1;
  let [sum, logTerm] = [0, -mean];
  for (let n = 0; n <= count; n++) {
    if (n > 0) logTerm += Math.log(mean / n);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
