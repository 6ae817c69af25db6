import { useEffect, useState } from 'react';
import type { DataFrame, DataSourceApi, PanelData } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import type { DataQuery, DataSourceRef } from '@grafana/schema';
import type { RecoveryDetail } from '../api/types';
import type { RecoveryDetails } from '../datasource/types';
import { isRecoveriesFrame } from './model/recoveries';

type Loader = (id: string) => Promise<RecoveryDetail>;

/** Asks the data source that gave the recoveries for more about one; null: it has no more. */
export function useDetails({ request, series }: Pick<PanelData, 'request' | 'series'>): Loader | null {
  const [found, setFound] = useState<{ key: string; load: Loader | null }>({ key: '', load: null });
  const refs = detailRefs(request?.targets ?? [], series);
  const key = JSON.stringify(refs);
  useEffect(() => {
    let current = true;
    const wanted: DataSourceRef[] = JSON.parse(key);
    loaderOf(wanted).then((load) => {
      if (current && load) {
        setFound({ key, load });
      }
    });
    return () => {
      current = false;
    };
  }, [key]);
  return found.key === key ? found.load : null;
}

/** References of the data sources whose queries gave frames of recoveries, each once. */
export function detailRefs(targets: DataQuery[], series: DataFrame[]): DataSourceRef[] {
  const queries = new Set(series.filter(isReadable).map(({ refId }) => refId));
  const refs = targets
    .filter(({ refId }) => queries.has(refId))
    .flatMap(({ datasource }) => (isRef(datasource) ? [datasource] : []));
  return [...new Map(refs.map((ref) => [`${ref.type}/${ref.uid}`, { type: ref.type, uid: ref.uid }])).values()];
}

function isRef(value: unknown): value is DataSourceRef {
  return typeof value === 'object' && value !== null && ('uid' in value || 'type' in value);
}

function isReadable(frame: DataFrame): boolean {
  return Array.isArray(frame?.fields) && isRecoveriesFrame(frame);
}

async function loaderOf(refs: DataSourceRef[]): Promise<Loader | null> {
  const sources = await Promise.all(refs.map(sourceOf));
  const able = sources.filter((source) => source !== null);
  return able.length === 0 ? null : (id) => firstAnswer(able, id);
}

async function sourceOf(ref: DataSourceRef): Promise<RecoveryDetails | null> {
  try {
    const source: DataSourceApi | RecoveryDetails = await getDataSourceSrv().get(ref);
    return hasDetails(source) ? source : null;
  } catch {
    return null;
  }
}

function hasDetails(source: object): source is RecoveryDetails {
  return 'recovery' in source && typeof source.recovery === 'function';
}

/** Ids do not tell of which source they are: where one does not know it, another may. */
async function firstAnswer(sources: RecoveryDetails[], id: string): Promise<RecoveryDetail> {
  let failure: unknown;
  for (const source of sources) {
    try {
      return await source.recovery(id);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
