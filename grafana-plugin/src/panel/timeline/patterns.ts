import type { BarPattern } from '../status/statusLook';

const SIZE = 8;

/** Strokes of a tile, that repeat without seams; each [x1, y1, x2, y2]. */
const STROKES: Record<BarPattern, Array<[number, number, number, number]>> = {
  solid: [],
  slash: [
    [-2, 10, 10, -2],
    [-2, 2, 2, -2],
    [6, 10, 10, 6],
  ],
  backslash: [
    [-2, -2, 10, 10],
    [6, -2, 10, 2],
    [-2, 6, 2, 10],
  ],
  cross: [
    [-1, -1, 9, 9],
    [9, -1, -1, 9],
  ],
  vertical: [[4, 0, 4, 8]],
  dots: [
    [1.5, 2, 2.5, 2],
    [5.5, 6, 6.5, 6],
  ],
  hollow: [],
};

/** Patterns whose area is mostly empty: their bars are outlined, and lightly filled. */
export function isLight(pattern: BarPattern): boolean {
  return pattern === 'hollow' || pattern === 'dots';
}

/** A tile of this pattern to fill with; null: it has none, or the browser can't. */
export function makePattern(
  context: CanvasRenderingContext2D,
  pattern: BarPattern,
  color: string
): CanvasPattern | null {
  const strokes = STROKES[pattern];
  if (strokes.length === 0) {
    return null;
  }
  const tile = document.createElement('canvas');
  tile.width = SIZE;
  tile.height = SIZE;
  const pen = tile.getContext('2d');
  if (!pen) {
    return null;
  }
  pen.strokeStyle = color;
  pen.lineWidth = 1.5;
  for (const [x1, y1, x2, y2] of strokes) {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  }
  return context.createPattern(tile, 'repeat');
}
