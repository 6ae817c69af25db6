/** virtmedic cannot run as the user that it is told to. The text says what to do. */
export class PrivilegeError extends Error {
  override readonly name = 'PrivilegeError';
}
