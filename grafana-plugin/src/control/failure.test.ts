import { lastValueFrom, NEVER, timeout } from 'rxjs';
import { NotVirtmedicError } from '../api/read';
import { failureOf, mayHaveHappened } from './failure';

const problem = (status: number, detail = 'said') => ({ status, data: { title: 'x', status, detail }, config: {} });
const grafana = (status: number, message = '') => ({ status, data: { message }, config: {} });

describe('failureOf', () => {
  it.each([
    [problem(400), 'invalid'],
    [problem(401), 'bad_token'],
    [grafana(401), 'forbidden'],
    [problem(403), 'token_scope'],
    [grafana(403), 'forbidden'],
    [problem(404), 'not_found'],
    [grafana(404, 'plugin route match not found'), 'not_configured'],
    [grafana(404, 'Plugin is not enabled'), 'plugin_disabled'],
    [problem(409), 'refused'],
    [problem(503), 'unavailable'],
    [{ status: 503, data: 'upstream connect error or disconnect/reset before headers', config: {} }, 'unreachable'],
    [grafana(500, 'Could not interpolate plugin route url'), 'not_configured'],
    [{ status: 502, data: '', config: {} }, 'unreachable'],
    [{ status: 504, data: null, config: {} }, 'timeout'],
    [{ status: 0, data: undefined, config: {} }, 'unreachable'],
    [new NotVirtmedicError('html'), 'unreadable'],
    [new Error('x'), 'other'],
    [undefined, 'other'],
    ['text', 'other'],
  ])('%#: tells what %j is', (error, kind) => {
    expect(failureOf(error).kind).toBe(kind);
  });

  it('knows an answer that did not come in time', async () => {
    const error: unknown = await lastValueFrom(NEVER.pipe(timeout(1))).catch((thrown: unknown) => thrown);
    expect(failureOf(error).kind).toBe('timeout');
    expect(mayHaveHappened(failureOf(error))).toBe(true);
  });

  it('cuts what it cites', () => {
    expect(failureOf(problem(409, 'x'.repeat(1_000_000))).detail.length).toBeLessThanOrEqual(600);
  });
});

describe('mayHaveHappened', () => {
  it.each([
    [problem(409), false],
    [problem(401), false],
    [grafana(403), false],
    [problem(503), false],
    [{ status: 503, data: '<html>Service Unavailable</html>', config: {} }, true],
    [grafana(502), true],
    [grafana(504), true],
    [new NotVirtmedicError('json'), true],
    [grafana(500), true],
  ])('%#: says of %j: %p', (error, expected) => {
    expect(mayHaveHappened(failureOf(error))).toBe(expected);
  });
});
