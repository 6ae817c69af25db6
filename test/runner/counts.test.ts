import { expect, test } from 'vitest';
import { countsOfCheck, countsOfReport, failuresOfReport, retriedOfReport } from './counts.ts';

function report(over: object): string {
  return JSON.stringify({ numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...over });
}

test.each([
  ['all passed', report({}), true, { passed: 5, failed: 0, skipped: 0 }],
  ['failed, skipped and still to be written', report({ numFailedTests: 2, numPendingTests: 3, numTodoTests: 1 }), false, { passed: 5, failed: 2, skipped: 4 }],
  ['a file that did not load', report({ testResults: [{ status: 'failed', assertionResults: [] }] }), false, { passed: 5, failed: 1, skipped: 0 }],
  [
    'a file with a failed test counts by its tests',
    report({ numFailedTests: 1, testResults: [{ status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }] }),
    false,
    { passed: 5, failed: 1, skipped: 0 },
  ],
  ['an error outside any test', report({}), false, { passed: 5, failed: 1, skipped: 0 }],
  ['no report', undefined, false, { passed: 0, failed: 1, skipped: 0 }],
  ['no report though the program says success', undefined, true, { passed: 0, failed: 1, skipped: 0 }],
  ['half a report', '{"numPassedTests": 5', true, { passed: 0, failed: 1, skipped: 0 }],
])('%s', (_what, text, succeeded, counts) => {
  expect(countsOfReport(text, succeeded)).toEqual(counts);
});

test('a stage without tests counts as one', () => {
  expect(countsOfCheck(true)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(countsOfCheck(false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('what failed is told by file, test and message', () => {
  const failed = report({
    testResults: [
      { name: '/x/a.test.ts', status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed', fullName: 'adds', failureMessages: ['1 is not 2\nat line 3'] }] },
      { name: '/x/b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
      { name: '/x/c.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] },
    ],
  });
  expect(failuresOfReport(failed)).toEqual(['/x/a.test.ts > adds\n    1 is not 2\n    at line 3', '/x/b.test.ts\n    no such module']);
  expect(failuresOfReport(undefined)).toEqual([]);
});

test('what passed at the second try only is told too', () => {
  const retried = report({
    testResults: [{ name: '/x/a.test.ts', status: 'passed', assertionResults: [{ status: 'passed', fullName: 'once', failureMessages: [] }, { status: 'passed', fullName: 'twice', failureMessages: ['too late'] }] }],
  });
  expect(retriedOfReport(retried)).toEqual(['/x/a.test.ts > twice\n    too late']);
  expect(failuresOfReport(retried)).toEqual([]);
  expect(retriedOfReport(undefined)).toEqual([]);
});
