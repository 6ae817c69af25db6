import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { from, map, type Observable } from 'rxjs';
import { VariableEditor } from '../editors/VariableEditor';
import type { VirtmedicDataSourceOptions, VirtmedicQuery, VirtmedicVariableQuery } from '../types';
import type { VirtmedicDataSource } from '../VirtmedicDataSource';

/** Query variables with an editor of their own. */
export class VirtmedicVariableSupport extends CustomVariableSupport<
  VirtmedicDataSource,
  VirtmedicVariableQuery,
  VirtmedicQuery,
  VirtmedicDataSourceOptions
> {
  override editor = VariableEditor;

  constructor(private readonly datasource: Pick<VirtmedicDataSource, 'metricFindQuery'>) {
    super();
  }

  override query({
    targets: [target],
    scopedVars,
  }: DataQueryRequest<VirtmedicVariableQuery>): Observable<DataQueryResponse> {
    return from(this.datasource.metricFindQuery(target, { scopedVars })).pipe(map((data) => ({ data })));
  }
}
