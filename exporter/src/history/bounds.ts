/** Limits of what is kept: nothing from outside may fill the store. Bytes are bytes of UTF-8. */
export const LIMITS = {
  /** Names, keys, identities. */
  nameBytes: 512,
  evidenceTextBytes: 4 * 1024,
  /** Evidence entries of one incident, with the one that says how many were left out. */
  evidenceEntries: 200,
  /** Alerts named by one incident; further ones are still remembered by their identity. */
  alertsPerIncident: 200,
  /** The first half tells how it began, the rest are the latest. */
  decisionsPerIncident: 1_000,
  /** Errors, details, reasons and other text for people. */
  textBytes: 8 * 1024,
  definitionBytes: 4 * 1024 * 1024,
  settingBytes: 1024 * 1024,
} as const;

/**
 * `text` cut to at most `maxBytes`, on a character boundary, with a note of what was left out. What is not valid Unicode
 * is replaced, and NUL, at which some readers of a database stop, is shown as `\0`.
 */
export function boundText(text: string, maxBytes: number): string {
  const clean = text.slice(0, 4 * maxBytes).toWellFormed().replaceAll('\0', '\\0');
  const bytes = Buffer.byteLength(clean);
  const isWhole = text.length <= 4 * maxBytes;
  if (bytes <= maxBytes && isWhole) return clean;
  const note = isWhole ? ` … (${bytes} bytes in all)` : ` … (${text.length} characters in all)`;
  return cut(clean, Math.max(0, maxBytes - Buffer.byteLength(note))) + note;
}

/** The longest beginning of at most `maxBytes` that ends on a character boundary. */
function cut(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

export function boundTextOrNull(text: string | null, maxBytes: number): string | null {
  return text === null ? null : boundText(text, maxBytes);
}
