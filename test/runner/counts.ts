/** Numbers of tests; a stage without tests counts as one. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name?: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName?: string; readonly failureMessages?: readonly string[] }[];
  }[];
}

/** The counts of a stage without tests. */
export function countsOfCheck(succeeded: boolean): Counts {
  return { passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1, skipped: 0 };
}

/**
 * The counts in the JSON report of vitest or jest, which have one form. A file that fails outside its tests (an import, a hook) counts as one failure, and so does a
 * run that failed without naming a test, or left no report.
 */
export function countsOfReport(text: string | undefined, succeeded: boolean): Counts {
  const report = text === undefined ? undefined : parseReport(text);
  if (report === undefined) return countsOfCheck(false);
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !succeeded ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const MESSAGE_LINES = 12;

/**
 * What failed in such a report, each as `FILE > TEST` followed by the beginning of its message, indented: an output of many
 * minutes tells it where nobody looks.
 */
export function failuresOfReport(text: string | undefined): string[] {
  const report = text === undefined ? undefined : parseReport(text);
  return (report?.testResults ?? []).filter(({ status }) => status === 'failed').flatMap((file) => {
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    return failed.length === 0 ? [failure(file.name ?? 'a file', file.message ?? '')] : failed.map((test) => failureOf(file, test));
  });
}

/** The tests that passed only when they were tried again, with the message of the first try. */
export function retriedOfReport(text: string | undefined): string[] {
  const report = text === undefined ? undefined : parseReport(text);
  return (report?.testResults ?? []).flatMap((file) =>
    file.assertionResults.filter(({ status, failureMessages = [] }) => status === 'passed' && failureMessages.length > 0).map((test) => failureOf(file, test)));
}

function failureOf(file: VitestReport['testResults'][number], test: VitestReport['testResults'][number]['assertionResults'][number]): string {
  return failure(`${file.name ?? 'a file'} > ${test.fullName ?? 'a test'}`, (test.failureMessages ?? []).join('\n'));
}

function failure(what: string, message: string): string {
  return [what, ...message.split('\n').slice(0, MESSAGE_LINES).map((line) => `    ${line}`)].join('\n');
}

function parseReport(text: string): VitestReport | undefined {
  try {
    const report = JSON.parse(text) as VitestReport;
    return Array.isArray(report.testResults) ? report : undefined;
  } catch {
    return undefined;
  }
}
