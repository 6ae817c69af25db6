import { describeError } from './describeError';

describe('describeError', () => {
  it.each([
    [{ status: 401, statusText: 'Unauthorized' }, /token was not accepted/],
    [{ status: 403, data: { message: 'Access denied' } }, /not allowed.*Access denied/],
    [{ status: 404 }, /URL of the data source is wrong/],
    [{ status: 413 }, /too large/],
    [{ status: 429 }, /Refresh the dashboard less often/],
    [{ status: 502, statusText: 'Bad Gateway' }, /cannot reach the data source \(502\)/],
    [
      { status: 503, data: { detail: 'the history store cannot be written' } },
      /not ready.*history store cannot be written/,
    ],
    [{ status: 504 }, /did not answer in time/],
    [{ status: 500, data: { message: 'database is locked' } }, /failed \(500\).*database is locked/],
    [
      { message: 'Get "http://x:9177": dial tcp 127.0.0.1:9177: connect: connection refused' },
      /cannot reach the data source\. .*connection refused/,
    ],
    [{ message: 'Request failed with status code 401' }, /token was not accepted/],
    [new TypeError('Failed to fetch'), /cannot be reached from this browser/],
    [{ status: 0, statusText: '' }, /cannot be reached from this browser/],
    [new SyntaxError('Unexpected token < in JSON at position 0'), /not JSON/],
    [Object.assign(new Error('timeout of 30000ms exceeded'), { name: 'TimeoutError' }), /did not answer in time/],
    [
      { name: 'ApiError', kind: 'unauthorised', status: 400, detail: 'Authentication to data source failed' },
      /token was not accepted/,
    ],
    [{ name: 'ApiError', kind: 'offline', status: 0, detail: '' }, /from this browser/],
    [
      { name: 'ApiError', kind: 'refused', status: 400, detail: 'limit must be at most 1000' },
      /^limit must be at most 1000$/,
    ],
    [
      { name: 'NotVirtmedicError', saw: 'html', message: "The answer is not one of virtmedic's API (html)." },
      /not virtmedic.*login page/,
    ],
    ['parse error: unclosed left parenthesis', /^parse error: unclosed left parenthesis$/],
    [{ message: 'bad_data: parse error' }, /^bad_data: parse error$/],
  ])('of %p', (error, expected) => {
    expect(describeError(error)).toMatch(expected);
  });

  it.each([null, undefined, 42, [], {}, { data: null }, { data: { message: 7 } }, { message: '   ' }, Symbol('x')])(
    'says something of %p',
    (error) => {
      expect(describeError(error)).toMatch(/does not say why/);
    }
  );

  it('does not repeat words that say nothing more', () => {
    expect(describeError({ status: 502, data: { message: 'Bad Gateway' } })).not.toMatch(/It said/);
  });

  it('shows names as they are, cut, and no page of HTML', () => {
    expect(describeError({ status: 500, data: { message: 'no table <b>"a/b"</b>' } })).toContain(
      'no table <b>"a/b"</b>'
    );
    expect(describeError({ status: 502, data: { message: '<!DOCTYPE html><html>nginx' } })).not.toContain('nginx');
    expect(describeError({ message: 'x'.repeat(1_000_000) }).length).toBeLessThan(1000);
  });

  it('never throws', () => {
    const trap = {
      get status(): never {
        throw new Error('trap');
      },
      message: 'said',
    };
    expect(describeError(trap)).toBe('said');
  });
});
