/** What systemd reads out of the path of a control group. */
export interface Units {
  /** Unit of the system's manager: a service, a scope and so on; null: the path belongs to none. */
  unit: string | null;
  /** Unit of a user's manager, where `unit` is that manager (`user@1000.service`). */
  userUnit: string | null;
}

const NONE: Units = { unit: null, userUnit: null };

/** `UNIT_NAME_MAX` of systemd */
const NAME_LENGTH = 255;
const NAME = /^[0-9A-Za-z:_.\\@-]+\.(?:service|socket|target|device|mount|automount|swap|timer|path|slice|scope)$/;

/**
 * The units that a control group belongs to, by systemd's own rules (`cg_path_get_unit()` and `cg_path_get_user_unit()`): slices
 * are skipped, the next name is the unit, what is below it belongs to it. Names stay escaped as systemd shows them (`\x2d`).
 *
 * @param path absolute, `/system.slice/nginx.service`
 */
export function unitsOfCgroup(path: string): Units {
  const names = path.split('/').filter((name) => name !== '');
  const rest = skipSlices(names);
  const unit = unitName(rest[0]);
  if (unit === null) return NONE;
  // A slice that is not skipped would be a template, which no control group has.
  if (!/^user@[0-9]+\.service$/.test(unit)) return { unit, userUnit: null };
  return { unit, userUnit: unitName(skipSlices(rest.slice(1))[0]) };
}

function skipSlices(names: readonly string[]): string[] {
  const first = names.findIndex((name) => !isSlice(name));
  return first < 0 ? [] : names.slice(first);
}

function isSlice(name: string): boolean {
  const plain = unescapeName(name);
  return plain.endsWith('.slice') && !plain.includes('@') && isUnitName(plain);
}

/** The unit of this name of a control group, where it is one. */
function unitName(name: string | undefined): string | null {
  if (name === undefined) return null;
  const plain = unescapeName(name);
  return isUnitName(plain) && !isSlice(name) ? plain : null;
}

function isUnitName(name: string): boolean {
  if (name.length > NAME_LENGTH || !NAME.test(name)) return false;
  const prefix = name.slice(0, name.lastIndexOf('.'));
  const at = prefix.indexOf('@');
  if (at < 0) return prefix !== '';
  // With an instance: neither a template (nothing behind the @) nor nothing before it.
  return at > 0 && at < prefix.length - 1;
}

/** systemd puts `_` before names that a kernel file could have. */
function unescapeName(name: string): string {
  return name.startsWith('_') ? name.slice(1) : name;
}
