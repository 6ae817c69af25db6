/** The lines of a file, in batches, in bounded memory whatever the file holds. */
import type { FileHandle } from 'node:fs/promises';

export const LONGEST_LINE_BYTES = 65_536;
const CHUNK_BYTES = 1 << 18;

/**
 * Lines without their ends (LF or CRLF), one character a byte; null for a line that is longer than LONGEST_LINE_BYTES. The last line need
 * not end. A byte order mark of UTF-8 is left out.
 *
 * @param size so many bytes are read: what a growing file gets meanwhile is not seen
 * @param onBytes told how many bytes were read so far
 */
export async function* linesOf(file: FileHandle, size: number, onBytes: (bytes: number) => void = () => undefined): AsyncGenerator<(string | null)[]> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let [rest, tooLong, at] = ['', false, 0];
  while (at < size) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK_BYTES, size - at), at);
    if (bytesRead === 0) break;
    const start = at === 0 && buffer.subarray(0, 3).toString('latin1') === '\u00ef\u00bb\u00bf' ? 3 : 0;
    const pieces = buffer.toString('latin1', start, bytesRead).split('\n');
    at += bytesRead;
    onBytes(at);
    const lines: (string | null)[] = [];
    for (let n = 0; n < pieces.length; n++) {
      if (!tooLong) rest += pieces[n]!;
      if (rest.length > LONGEST_LINE_BYTES) [rest, tooLong] = ['', true];
      if (n === pieces.length - 1) break;
      lines.push(tooLong ? null : withoutReturn(rest));
      [rest, tooLong] = ['', false];
    }
    yield lines;
  }
  if (tooLong || rest !== '') yield [tooLong ? null : withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
