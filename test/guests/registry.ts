import type { GuestCheck } from './check.ts';
import { kernel } from './checks/kernel.ts';
import { ownList } from './checks/own-list.ts';
import { serves } from './checks/serves.ts';

/** All checks, in the order in which each guest goes through them. */
export const CHECKS: readonly GuestCheck[] = [serves, kernel, ownList];
