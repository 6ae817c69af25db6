import type { GuestCheck } from './check.ts';
import { churn } from './checks/churn.ts';
import { crawl } from './checks/crawl.ts';
import { inject } from './checks/inject.ts';
import { kernel } from './checks/kernel.ts';
import { killed } from './checks/killed.ts';
import { ownList } from './checks/own-list.ts';
import { processes } from './checks/processes.ts';
import { refusals } from './checks/refusals.ts';
import { resources } from './checks/resources.ts';
import { restarts } from './checks/restarts.ts';
import { serves } from './checks/serves.ts';
import { signal } from './checks/signal.ts';
import { startKeyboard } from './checks/start-keyboard.ts';
import { startSerial } from './checks/start-serial.ts';

/** All checks, in the order in which each guest goes through them: first those that only look. */
export const CHECKS: readonly GuestCheck[] = [serves, kernel, ownList, processes, resources, churn, refusals, startKeyboard, startSerial, inject, signal, restarts, crawl, killed];
