import { GuestError } from '../error.ts';

/** Null for what the guest is to blame for. */
export function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof GuestError) return null;
    throw error;
  }
}
