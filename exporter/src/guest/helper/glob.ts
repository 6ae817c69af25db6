/**
 * Shell-style match of the whole text: `*` is any characters, `?` exactly one; case matters. Time grows at most with the
 * product of the two lengths, since only the latest `*` is tried again.
 */
export function matchesGlob(glob: string, name: string): boolean {
  const pattern = Array.from(glob);
  const text = Array.from(name);
  let inPattern = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  while (inText < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      star = inPattern++;
      starText = inText;
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[inText])) {
      inPattern++;
      inText++;
    } else if (star >= 0) {
      inPattern = star + 1;
      inText = ++starText;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}
