import type { GuestCheck } from './check.ts';
import { ownList } from './checks/own-list.ts';
import { serves } from './checks/serves.ts';

/** All checks, in the order in which each guest goes through them. */
export const CHECKS: readonly GuestCheck[] = [serves, ownList];
