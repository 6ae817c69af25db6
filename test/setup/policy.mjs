// @ts-check
import { chmodSync, linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** A line that only our own file has: by it a later run knows what an interrupted one left. */
const MARKER = '# virtmedic set-up: no service is started while packages are installed';
const CONTENTS = `#!/bin/sh\n${MARKER}\nexit 101\n`;

export const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** @param {string} policyFile @returns {string} where an existing policy waits meanwhile */
const savedName = (policyFile) => `${policyFile}.virtmedic-saved`;

/**
 * Forbids every start of a service by package scripts, until `restorePolicy`. An existing policy is kept as it is, by a second
 * name, and there is no moment without one of the two in place.
 *
 * @param {string} [policyFile]
 */
export function forbidServices(policyFile = POLICY_FILE) {
  restorePolicy(policyFile);
  if (exists(policyFile)) linkSync(policyFile, savedName(policyFile));
  const temporary = `${policyFile}.virtmedic-new`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, CONTENTS, { flag: 'wx' });
  chmodSync(temporary, 0o755);
  renameSync(temporary, policyFile);
}

/**
 * Puts back what `forbidServices` found, however far that came and whoever calls: this run or, after a kill, a later one.
 *
 * @param {string} [policyFile]
 * @returns {'nothing' | 'restored' | 'kept'} kept: somebody replaced our file meanwhile; theirs stays, and so does the saved one
 */
export function restorePolicy(policyFile = POLICY_FILE) {
  const saved = savedName(policyFile);
  rmSync(`${policyFile}.virtmedic-new`, { force: true });
  if (!exists(saved)) {
    if (!isOurs(policyFile)) return 'nothing';
    rmSync(policyFile);
    return 'restored';
  }
  if (exists(policyFile) && sameFile(policyFile, saved)) {
    rmSync(saved);
    return 'restored';
  }
  if (exists(policyFile) && !isOurs(policyFile)) return 'kept';
  renameSync(saved, policyFile);
  return 'restored';
}

/** @param {string} file */
function exists(file) {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** @param {string} file */
function isOurs(file) {
  const status = lstatSync(file, { throwIfNoEntry: false });
  return status?.isFile() === true && readFileSync(file, 'utf8').includes(MARKER);
}

/** @param {string} one @param {string} other */
function sameFile(one, other) {
  const [a, b] = [lstatSync(one), lstatSync(other)];
  return a.ino === b.ino && a.dev === b.dev;
}
