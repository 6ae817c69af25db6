import { expect, it } from 'vitest';
import { randomNumbers } from '../prediction/hmm/random-model.ts';
import { decodeRecords, encodeRecord, HEADER_BYTES, MOST_TICKS } from './observation-record.ts';

const record = (startMs: number, ...codes: number[]) => ({ startMs, tickSeconds: 5, symbols: Int16Array.from(codes) });
const three = [record(1000, 40, -1, -4096), record(50_000, 0, 80), record(90_000, 7)];

it('reads what it wrote', () => {
  const bytes = Buffer.concat(three.map(encodeRecord));
  expect(decodeRecords(bytes)).toEqual({ records: three, damaged: [], endByte: bytes.length });
  expect(() => encodeRecord(record(0))).toThrow(/1 to 16384 ticks/);
  expect(() => encodeRecord({ ...record(0), symbols: new Int16Array(MOST_TICKS + 1) })).toThrow(RangeError);
});

it('skips the damaged one, wherever a byte of it was changed', () => {
  const parts = three.map(encodeRecord);
  const [from, to] = [parts[0]!.length, parts[0]!.length + parts[1]!.length];
  for (let at = from; at < to; at++) {
    const bytes = Buffer.concat(parts);
    bytes[at]! ^= 0x55;
    expect(decodeRecords(bytes), `byte ${at}`).toEqual({ records: [three[0], three[2]], damaged: [{ fromByte: from, toByte: to }], endByte: bytes.length });
  }
});

it('a record that is cut off at the end may still be being written; with another behind it, it is damaged', () => {
  const [first, second] = three.map(encodeRecord);
  for (let cut = 1; cut < second!.length; cut++) {
    const torn = Buffer.concat([first!, second!.subarray(0, cut)]);
    expect(decodeRecords(torn), `${cut} bytes`).toEqual({ records: [three[0]], damaged: [], endByte: first!.length });
    const appended = decodeRecords(Buffer.concat([torn, first!]));
    expect(appended.records, `${cut} bytes, then more`).toEqual([three[0], three[0]]);
    expect(appended.damaged).toEqual([{ fromByte: first!.length, toByte: torn.length }]);
  }
});

it('never throws on other bytes', () => {
  const random = randomNumbers(5);
  for (let n = 0; n < 200; n++) {
    const bytes = Buffer.from(Array.from({ length: HEADER_BYTES * 3 }, () => Math.floor(random() * 256)));
    if (n % 2 === 0) bytes.write('VMob', n % 40, 'latin1');
    expect(decodeRecords(bytes).records).toEqual([]);
  }
});
