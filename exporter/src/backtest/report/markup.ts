/** Text as markup: nothing that comes from a file, a label or an option is anything but text. */
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For content and quoted attributes; what XML does not allow is left out. */
export function escaped(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, '').replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}

/** A coordinate: a tenth of a unit is less than a pixel. */
export function at(value: number): string {
  return Number(value.toFixed(1)).toString();
}

/** The axes are shared by all pictures: one unit wide is one unit in each. */
export const FRAME = { width: 1000, left: 70, right: 12 } as const;
