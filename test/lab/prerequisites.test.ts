import { expect, test } from 'vitest';
import { missingPackages } from './prerequisites.ts';

test('each missing package is named once', () => {
  const needed = { '/usr/bin/a': 'alpha', '/usr/lib/a.so': 'alpha', '/usr/bin/b': 'beta' };
  expect(missingPackages(needed, () => true)).toEqual([]);
  expect(missingPackages(needed, () => false)).toEqual(['alpha', 'beta']);
  expect(missingPackages(needed, (path) => path !== '/usr/lib/a.so')).toEqual(['alpha']);
});
