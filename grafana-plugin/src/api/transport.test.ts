import { setBackendSrv, type BackendSrv, type BackendSrvRequest } from '@grafana/runtime';
import { NEVER, Observable, of, throwError } from 'rxjs';
import { describe as explain } from './errors';
import { NotVirtmedicError } from './read';
import { grafanaTransport, isCancelled } from './transport';

const BASE = '/api/datasources/proxy/uid/u1';
const OPTIONS = { timeoutMs: 1000 };
const transport = grafanaTransport(BASE);

function backend(answer: (request: BackendSrvRequest) => Observable<unknown>): BackendSrvRequest[] {
  const requests: BackendSrvRequest[] = [];
  setBackendSrv({
    fetch: (request: BackendSrvRequest) => {
      requests.push(request);
      return answer(request);
    },
  } as unknown as BackendSrv);
  return requests;
}

const failing = (status: number, data: unknown) => backend(() => throwError(() => ({ status, data, config: {} })));

describe('grafanaTransport', () => {
  it('sends GET, with repeated parameters, and no alert of its own', async () => {
    const requests = backend(() => of({ data: '{}' }));
    await expect(
      transport('/api/v1/recoveries', { host: ['a b', 'c&d'], limit: 5, to: undefined }, OPTIONS)
    ).resolves.toBe('{}');
    expect(requests).toEqual([
      expect.objectContaining({
        url: `${BASE}/api/v1/recoveries?host=a+b&host=c%26d&limit=5`,
        method: 'GET',
        responseType: 'text',
        showErrorAlert: false,
      }),
    ]);
    expect(requests[0]).not.toHaveProperty('data');
  });

  it('takes an answer that somebody has parsed already', async () => {
    backend(() => of({ data: { items: [] } }));
    await expect(transport('/x', {}, OPTIONS)).resolves.toBe('{"items":[]}');
  });

  it.each([
    [0, undefined, 'offline'],
    [400, { message: 'Authentication to data source failed', response: '' }, 'unauthorised'],
    [400, 'Authentication to data source failed', 'unauthorised'],
    [400, { status: 400, title: 'Bad Request', detail: 'limit: expected a whole number' }, 'refused'],
    [401, { detail: 'The token is not known.' }, 'unauthorised'],
    [403, { message: 'plugin proxy route access denied' }, 'forbidden'],
    [404, { detail: 'There is nothing at /x.' }, 'not_found'],
    [413, '<html>too large</html>', 'too_large'],
    [429, null, 'too_many'],
    [500, { detail: 'An internal error' }, 'server'],
    [502, '', 'unreachable'],
    [503, { message: '{"status":503,"title":"Service Unavailable","detail":"The store cannot write"}' }, 'server'],
    [504, '', 'timeout'],
  ])('status %i with %j is %s', async (status, data, kind) => {
    failing(status, data);
    await expect(transport('/x', {}, OPTIONS)).rejects.toMatchObject({ name: 'ApiError', kind });
  });

  it('says what virtmedic said, and shows no page to anyone', async () => {
    const said = async (data: unknown) => explain(await transport('/x', {}, OPTIONS).catch((error: unknown) => error));
    failing(503, { message: '{"title":"Service Unavailable","detail":"The store cannot write"}' });
    expect(await said(null)).toContain('The store cannot write');
    failing(500, '<html><script>alert(1)</script></html>');
    expect(await said(null)).not.toContain('script');
    failing(500, 'x'.repeat(1_000_000));
    expect((await said(null)).length).toBeLessThan(700);
  });

  it('gives up when it takes too long, and lets go of the request', async () => {
    jest.useFakeTimers();
    const letGo = jest.fn();
    backend(() => new Observable(() => letGo));
    const answer = transport('/x', {}, OPTIONS);
    const expectation = expect(answer).rejects.toMatchObject({ kind: 'timeout' });
    await jest.advanceTimersByTimeAsync(1000);
    await expectation;
    expect(letGo).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('gives up when its caller does', async () => {
    jest.useFakeTimers();
    const letGo = jest.fn();
    backend(() => new Observable(() => letGo));
    const abort = new AbortController();
    const answer = transport('/x', {}, { ...OPTIONS, signal: abort.signal });
    abort.abort();
    await expect(answer.catch(isCancelled)).resolves.toBe(true);
    expect(letGo).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('does not begin what is given up already', async () => {
    const requests = backend(() => NEVER);
    const abort = new AbortController();
    abort.abort();
    await expect(transport('/x', {}, { ...OPTIONS, signal: abort.signal }).catch(isCancelled)).resolves.toBe(true);
    expect(requests).toEqual([]);
  });

  it('takes an end without an answer for an empty one', async () => {
    backend(() => of());
    await expect(transport('/x', {}, OPTIONS)).rejects.toBeInstanceOf(NotVirtmedicError);
  });
});

describe('describe', () => {
  it('says something else of each failure', async () => {
    const texts = new Set<string>();
    const statuses = [0, 400, 401, 403, 404, 413, 429, 500, 502, 504];
    for (const status of statuses) {
      failing(status, '');
      texts.add(explain(await transport('/x', {}, OPTIONS).catch((error: unknown) => error)));
    }
    for (const saw of ['html', 'empty', 'json'] as const) {
      texts.add(explain(new NotVirtmedicError(saw)));
    }
    expect(texts.size).toBe(statuses.length + 3);
    expect([...texts].every((text) => text.length > 20)).toBe(true);
  });

  it.each([null, undefined, 'x', {}, new Error('')])('never fails: %p', (error) => {
    expect(explain(error).length).toBeGreaterThan(10);
  });
});
