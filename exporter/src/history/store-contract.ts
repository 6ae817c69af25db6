/** What every implementation of the Store must do. A test file calls `storeContract` with its own way to make one. */
import { afterEach, beforeEach, describe } from 'vitest';
import { attemptContract, budgetContract } from './contract/attempts.ts';
import { domainContract } from './contract/domains.ts';
import { boundContract, incidentContract } from './contract/incidents.ts';
import { alertContract, lockContract, operatorContract } from './contract/operator.ts';
import { historyContract, lifeContract, pruneContract } from './contract/reading.ts';
import type { Store } from './store.ts';

export interface StoreUnderTest {
  /** Opens the same data anew. */
  open(): Promise<Store>;
  /** Removes the data. */
  dispose(): Promise<void>;
}

export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a Store`, () => {
    let underTest: StoreUnderTest;
    let store: Store;
    const current = (): Store => store;
    const reopen = async (): Promise<void> => {
      await store.close();
      store = await underTest.open();
    };
    beforeEach(async () => {
      underTest = await make();
      store = await underTest.open();
    });
    afterEach(async () => {
      await store.close();
      await underTest.dispose();
    });
    domainContract(current, reopen);
    incidentContract(current, reopen);
    boundContract(current);
    attemptContract(current, reopen);
    budgetContract(current);
    lockContract(current, reopen);
    alertContract(current);
    operatorContract(current, reopen);
    historyContract(current);
    pruneContract(current);
    lifeContract(current);
  });
}
