import { type AnnotationEvent, type AnnotationQuery, createDataFrame } from '@grafana/data';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { openIncident, sampleRecovery, T0 } from '../api/samples';
import type { Recovery } from '../api/types';
import { annotationSupport } from './annotations';
import { fakeVirtmedic } from './testing/fakeVirtmedic';
import { datasource, request } from './testing/request';
import type { VirtmedicQuery } from './types';

const { prepareAnnotation, prepareQuery, processEvents, getDefaultQuery } = annotationSupport;
const stored = (target?: Partial<VirtmedicQuery>) =>
  ({ name: 'Recoveries', enable: true, iconColor: 'red', target }) as AnnotationQuery<VirtmedicQuery>;

/** As Grafana does: the stored annotation becomes a query, its answer events. */
async function events(recoveries: Recovery[], target?: Partial<VirtmedicQuery>): Promise<AnnotationEvent[]> {
  fakeVirtmedic({ recoveries });
  const annotation = prepareAnnotation?.(stored(target)) ?? stored();
  const query = prepareQuery?.(annotation);
  const { data } = await lastValueFrom(datasource().query(request([query ?? {}])));
  const made = processEvents?.(annotation, data);
  return (made && (await firstValueFrom(made))) ?? [];
}

afterEach(() => jest.restoreAllMocks());

describe('annotations', () => {
  it('are recoveries as regions', async () => {
    expect(await events([sampleRecovery()])).toEqual([
      {
        id: 'r1',
        time: T0,
        timeEnd: T0 + 8000,
        isRegion: true,
        title: 'web-1: Killed or crashed',
        text: 'recovered · 8 s<br>started again<br>start, restart',
        tags: ['domain_crashed', 'recovered', 'h1', 'web-1'],
      },
    ]);
  });

  it('name the application', async () => {
    const target = { kind: 'app' as const, uuid: 'u', name: 'web-1', host: 'h1', app: 'nginx' };
    expect(await events([sampleRecovery({ target, fault: 'app_down' })])).toEqual([
      expect.objectContaining({
        title: 'web-1/nginx: Application down',
        tags: ['app_down', 'recovered', 'h1', 'web-1', 'nginx'],
      }),
    ]);
  });

  it('reach to now where one is in progress', async () => {
    jest.spyOn(Date, 'now').mockReturnValue(T0 + 42_000);
    const [event] = await events([openIncident()]);
    expect(event).toMatchObject({ time: T0, timeEnd: T0 + 42_000, text: 'In progress<br>waits for its alert' });
  });

  it('hold no HTML of others', async () => {
    const evil = '<img src=x onerror=steal()>';
    const target = { kind: 'domain' as const, uuid: 'u', name: evil, host: 'h1' };
    const [event] = await events([sampleRecovery({ target, fault: evil, outcomeText: evil })]);
    expect(`${event?.title}${event?.text}`).not.toContain('<img');
    expect(event?.text).toContain('&lt;img');
  });

  it('are asked for once, with defaults where nothing is stored', () => {
    expect(prepareAnnotation?.(stored()).target).toEqual({
      refId: 'annotation',
      kind: 'recoveries',
      limit: 500,
      live: false,
    });
    expect(prepareQuery?.(stored({ kind: 'incidents', live: true }))).toMatchObject({ kind: 'incidents', live: false });
    expect(prepareQuery?.(stored())).toBeUndefined();
    expect(getDefaultQuery?.()).toMatchObject({ kind: 'recoveries' });
  });

  it('are none of a frame without times, and none that ends before it begins', async () => {
    const frame = createDataFrame({ fields: [{ name: 'host', values: ['h1'] }] });
    const none = processEvents?.(stored(), [frame]);
    expect(none && (await firstValueFrom(none))).toEqual([]);
    const [event] = await events([sampleRecovery({ closedAtMs: T0 - 1, openedAtMs: T0 })]);
    expect(event).toMatchObject({ time: T0, timeEnd: T0 });
  });
});
