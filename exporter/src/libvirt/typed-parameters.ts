import { ProtocolError } from './errors.ts';
import type { XdrReader } from './xdr.ts';

/** 64-bit integers beyond 2^53 are rounded to the nearest double. */
export type ParameterValue = number | boolean | string;

/** A list of libvirt's typed parameters (`virTypedParameter`) by field name. No prototype: every key is a field. */
export type Parameters = Record<string, ParameterValue>;

/** Field's length, type, shortest value. */
const LEAST_BYTES = 12;

/**
 * Objects made by a constructor keep V8's fast layout, which `Object.create(null)` does not; the empty prototype keeps a
 * hostile field name such as `__proto__` an ordinary key.
 */
const ParametersObject = function (this: Parameters): void {} as unknown as new () => Parameters;
ParametersObject.prototype = Object.create(null);

/**
 * `remote_typed_param NAME<maxCount>`.
 *
 * @throws ProtocolError for a count over `maxCount` or a value of unknown type
 */
export function readParameters(reader: XdrReader, maxCount: number): Parameters {
  const parameters = new ParametersObject();
  const count = reader.uint();
  if (count > maxCount || count * LEAST_BYTES > reader.remaining) {
    throw new ProtocolError(`${count} typed parameters; allowed are ${maxCount}, in ${reader.remaining} bytes left`);
  }
  for (let index = 0; index < count; index++) {
    const field = reader.name();
    parameters[field] = readValue(reader, field);
  }
  return parameters;
}

function readValue(reader: XdrReader, field: string): ParameterValue {
  const type = reader.int();
  switch (type) {
    case 1:
      return reader.int();
    case 2:
      return reader.uint();
    case 3:
      return reader.hyper();
    case 4:
      return reader.uhyper();
    case 5:
      return reader.double();
    case 6:
      return reader.bool();
    case 7:
      return reader.string();
    default:
      throw new ProtocolError(`typed parameter ${JSON.stringify(field.slice(0, 80))} of unknown type ${type}`);
  }
}
