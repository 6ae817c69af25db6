/** A listener could not be opened. The message names option and address and says what to do. */
export class ListenError extends Error {
  override name = 'ListenError';
}
