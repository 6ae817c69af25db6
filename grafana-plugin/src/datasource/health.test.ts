import { sampleHost, sampleRecovery, T0 } from '../api/samples';
import { fakeVirtmedic, ok } from './testing/fakeVirtmedic';
import { datasource } from './testing/request';

const TWO_HOURS_MS = 7_200_000;
const problem = (status: number, detail: string) => () => ({ status, body: { status, title: 'x', detail } });

beforeEach(() => jest.spyOn(Date, 'now').mockReturnValue(T0 + TWO_HOURS_MS + 8000));
afterEach(() => jest.restoreAllMocks());

describe('testDatasource', () => {
  it('says what it reached, how the hosts are, and when the last recovery was', async () => {
    const down = sampleHost({ name: 'h4', state: 'unreachable', error: 'connection refused' });
    fakeVirtmedic({
      recoveries: [sampleRecovery()],
      hosts: [sampleHost(), sampleHost({ name: 'h2' }), sampleHost({ name: 'h3' }), down],
    });
    await expect(datasource().testDatasource()).resolves.toEqual({
      status: 'success',
      message: 'Connected to virtmedic 0.1.0. 3 of 4 hosts answer. Last recovery 2 hours ago.',
      details: { message: 'Without an answer: h4 (unreachable, connection refused)' },
    });
  });

  it('is content with a virtmedic that is new, and does not tell its version', async () => {
    const fake = fakeVirtmedic();
    fake.override.set('/api/v1/openapi.json', problem(404, 'There is nothing'));
    await expect(datasource().testDatasource()).resolves.toEqual({
      status: 'success',
      message: 'Connected to virtmedic. It watches no host yet. No recovery so far.',
    });
  });

  it('names only some of many hosts, and little of long texts', async () => {
    const hosts = Array.from({ length: 500 }, (_, index) =>
      sampleHost({ name: `h${index}`.padEnd(200, 'x'), state: 'connecting', error: 'e'.repeat(2000) })
    );
    fakeVirtmedic({ hosts });
    const { details } = await datasource().testDatasource();
    expect(details?.message?.length).toBeLessThan(700);
    expect(details?.message).toMatch(/…$/);
  });

  it('refuses the control listener, which would take orders from every viewer', async () => {
    const fake = fakeVirtmedic({ hosts: [sampleHost()] });
    fake.override.set('/api/v1/actions', problem(405, 'GET is not possible here; possible: POST.'));
    await expect(datasource().testDatasource()).resolves.toMatchObject({
      status: 'error',
      message: expect.stringContaining('control listener'),
    });
  });

  it('refuses access by the browser, which has no token', async () => {
    const { requests } = fakeVirtmedic();
    await expect(datasource({}, { access: 'direct' }).testDatasource()).resolves.toMatchObject({
      status: 'error',
      message: expect.stringContaining('Server'),
    });
    expect(requests).toEqual([]);
  });

  it.each([
    ['a web page', () => ok('<!doctype html>'), /web page.*http:\/\/virtmedic\.example:9177/],
    ['another service', () => ok({ status: 'success' }), /another service.*public listener/],
    [
      'a wrong path',
      problem(404, 'There is nothing at /x/api/v1/hosts.'),
      /URL of the data source is wrong.*public listener/,
    ],
    [
      'an unknown token',
      () => ({ status: 400, body: { message: 'Authentication to data source failed' } }),
      /does not know the token.*control\.tokens/,
    ],
    ['a token without the scope', problem(403, 'This needs the scope `read`'), /not allowed.*This needs the scope/],
    ['nobody', () => ({ status: 502, body: '' }), /cannot reach virtmedic.*localhost/],
    ['someone slow', () => ({ status: 504, body: '' }), /did not answer in time/],
    ['too many requests', () => ({ status: 429, body: '' }), /Too many requests/],
    ['a broken store', problem(503, 'The store cannot write'), /HTTP 503.*The store cannot write/],
  ])('says what is wrong where it meets %s, and what to do', async (_what, response, message) => {
    const fake = fakeVirtmedic();
    fake.override.set('/api/v1/hosts', response);
    await expect(datasource().testDatasource()).resolves.toMatchObject({
      status: 'error',
      message: expect.stringMatching(message),
    });
  });
});
