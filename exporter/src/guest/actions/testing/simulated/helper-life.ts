/** Thrown by everything that a simulated helper does after it was killed. */
export class Killed extends Error {}

/** At which operation (write, monitor command, journal) the helper is killed; after that operation's effect where `isAfter`. */
export interface Death {
  killAt?: number;
  isAfter?: boolean;
}

export type HelperLife = ReturnType<typeof createHelperLife>;

export function createHelperLife(death: Death) {
  let operations = 0;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Killed('killed');
  };
  const requireAlive = (): void => {
    if (isDead) die();
  };
  return {
    requireAlive,
    /** One operation of the helper: it may be killed before or after it. */
    operate<T>(act: () => T): T {
      requireAlive();
      const isLast = ++operations === death.killAt;
      if (isLast && death.isAfter !== true) die();
      const result = act();
      return isLast ? die() : result;
    },
    operations: (): number => operations,
    /** A new helper: it can do things again. */
    revive(): void {
      isDead = false;
      delete death.killAt;
    },
  };
}
