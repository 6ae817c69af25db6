/** For the bench alone: the same bars as plain SVG, one element each, drawn by React; dragged with Shift it pans. */
import { PanelPlugin } from '@grafana/data';
import type { PanelProps } from '@grafana/data';
import { useMemo, useRef, useState } from 'react';
import type { PointerEvent } from 'react';

interface Bar {
  lane: number;
  startMs: number;
  endMs: number;
  color: string;
}

const COLORS: Readonly<Record<string, string>> = { recovered: '#37872d', failed: '#f2495c', escalated: '#fa6400' };
const LANE_PX = 18;

export const PEER_ID = 'peer-svg';

export function createPeerPanel(): PanelPlugin {
  const plugin = new PanelPlugin(Peer).useFieldConfig();
  plugin.meta = { id: PEER_ID, name: PEER_ID, type: 'panel', info: {}, module: '', baseUrl: '' } as unknown as PanelPlugin['meta'];
  return plugin;
}

function Peer({ data, timeRange, width, height }: PanelProps) {
  const { bars, lanes } = useMemo(() => barsOf(data.series), [data.series]);
  const [shiftMs, setShiftMs] = useState(0);
  const drag = useRef<{ x: number; ms: number } | null>(null);
  const fromMs = timeRange.from.valueOf() + shiftMs;
  const perMs = width / (timeRange.to.valueOf() - timeRange.from.valueOf());
  const onMove = (event: PointerEvent): void => {
    if (drag.current) setShiftMs(drag.current.ms + (drag.current.x - event.clientX) / perMs);
  };
  return (
    <div style={{ height, overflowY: 'auto' }}>
      <svg
        data-testid="peer" role="img" aria-label="peer" width={width} height={lanes * LANE_PX} onPointerMove={onMove}
        onPointerDown={(event) => { drag.current = { x: event.clientX, ms: shiftMs }; }} onPointerUp={() => { drag.current = null; }}
      >
        {bars.map(({ lane, startMs, endMs, color }, index) => (
          <rect key={index} x={(startMs - fromMs) * perMs} y={lane * LANE_PX + 2} width={Math.max(2, (endMs - startMs) * perMs)} height={LANE_PX - 4} fill={color} />
        ))}
      </svg>
    </div>
  );
}

function barsOf(frames: PanelProps['data']['series']): { bars: Bar[]; lanes: number } {
  const lanes = new Map<string, number>();
  const [frame] = frames;
  const column = (name: string): unknown[] => frame?.fields.find((field) => field.name === name)?.values ?? [];
  const [times, ends, hosts, domains, outcomes] = ['time', 'timeEnd', 'host', 'domain', 'outcome'].map(column) as [number[], number[], string[], string[], string[]];
  const bars = times.map((startMs, row) => {
    const key = `${hosts[row]}/${domains[row]}`;
    const lane = lanes.get(key) ?? lanes.size;
    lanes.set(key, lane);
    return { lane, startMs, endMs: ends[row] ?? startMs, color: COLORS[outcomes[row] ?? ''] ?? '#8e8e8e' };
  });
  return { bars, lanes: lanes.size };
}
