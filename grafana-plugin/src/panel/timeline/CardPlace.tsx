import React, { useLayoutEffect, useRef, useState } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { Anchor } from './stage';

const GAP = 10;

/** A card beside a place of the page, wholly within the window. What is in it can't be pointed at: the chart below stays in reach. */
export function CardPlace({ anchor, children }: { anchor: Anchor; children: React.ReactNode }): React.ReactElement {
  const styles = useStyles2(getStyles);
  const card = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size | null>(null);
  useLayoutEffect(() => {
    const { offsetWidth: width = 0, offsetHeight: height = 0 } = card.current ?? {};
    setSize((before) => (before?.width === width && before.height === height ? before : { width, height }));
  }, [anchor, children]);
  const { left, top } = placeBeside(anchor, size ?? { width: 0, height: 0 }, {
    width: window.innerWidth,
    height: window.innerHeight,
  });
  return (
    <div
      ref={card}
      role="tooltip"
      className={styles.card}
      style={{ left, top, visibility: size === null ? 'hidden' : 'visible' }}
    >
      {children}
    </div>
  );
}

interface Size {
  width: number;
  height: number;
}

/** Right of the anchor, left of it where there is no room, and never beyond an edge. */
export function placeBeside(anchor: Anchor, card: Size, window: Size): { left: number; top: number } {
  const fitsRight = anchor.right + GAP + card.width <= window.width;
  const left = fitsRight ? anchor.right + GAP : Math.max(0, anchor.left - GAP - card.width);
  const top = Math.max(0, Math.min(anchor.bottom + GAP / 2, window.height - card.height));
  return { left, top };
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    position: 'fixed',
    zIndex: theme.zIndex.tooltip,
    pointerEvents: 'none',
    padding: theme.spacing(1, 1.5),
    background: theme.colors.background.elevated ?? theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    boxShadow: theme.shadows.z3,
  }),
});
