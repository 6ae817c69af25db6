import type { Panel } from './model.ts';
import type { PanelParts } from './panels.ts';

/** A line of panels of one height, from left to right; the widths add up to 24. */
export interface Line {
  height: number;
  panels: Array<[width: number, panel: PanelParts]>;
}

/** A titled row: what follows up to the next row; a collapsed one holds its lines itself. */
export interface Section {
  title: string;
  description?: string;
  collapsed?: boolean;
  lines: Line[];
}

const COLUMNS = 24;

/** Places everything from top to bottom and numbers it. @throws Error when a line is not filled */
export function layOut(sections: Array<Section | Line>): Panel[] {
  const placed: Panel[] = [];
  let y = 0;
  let id = 0;
  const place = (line: Line, into: Panel[]): void => {
    let x = 0;
    for (const [w, parts] of line.panels) {
      into.push({ id: ++id, ...parts, gridPos: { h: line.height, w, x, y } });
      x += w;
    }
    if (x !== COLUMNS) {
      throw new Error(`The line of "${line.panels[0]?.[1].title}" is ${x} wide, not ${COLUMNS}`);
    }
    y += line.height;
  };
  for (const section of sections) {
    if (!('lines' in section)) {
      place(section, placed);
      continue;
    }
    const row: Panel = {
      id: ++id,
      type: 'row',
      title: section.title,
      gridPos: { h: 1, w: COLUMNS, x: 0, y },
      collapsed: section.collapsed ?? false,
      panels: [],
    };
    placed.push(row);
    y += 1;
    for (const line of section.lines) {
      place(line, section.collapsed ? (row.panels ??= []) : placed);
    }
  }
  return placed;
}
