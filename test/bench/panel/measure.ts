/** Measurements in the page: when bars are on the screen, and how many frames a gesture leaves. */
import type { Page } from 'playwright-core';
import type { FrameJson } from './frames.ts';

export interface Target {
  /** CSS selector of what is drawn on. */
  selector: string;
  kind: 'canvas' | 'svg';
}

/**
 * Gives the panel the frame and returns the milliseconds from then until the browser has rendered a frame with bars: each animation frame looks
 * whether they have been drawn (coloured pixels on a canvas, elements in an SVG); the first task after such a frame was rendered ends the time.
 */
export function firstPaintMs(page: Page, frame: FrameJson, target: Target): Promise<number> {
  return page.evaluate(async ([given, { selector, kind }]) => {
    const isDrawn = (): boolean => {
      const elements = [...document.querySelectorAll(selector)];
      if (kind === 'svg') return elements.some((element) => element.childElementCount > 0);
      return elements.some((element) => {
        const canvas = element as HTMLCanvasElement;
        if (canvas.width === 0 || canvas.height === 0) return false;
        const context = canvas.getContext('2d');
        const { data } = context?.getImageData(0, 0, canvas.width, Math.min(canvas.height, 60)) ?? { data: [] as unknown as Uint8ClampedArray };
        let colored = 0;
        for (let index = 0; index < data.length; index += 16) {
          const [red = 0, green = 0, blue = 0, alpha = 0] = [data[index], data[index + 1], data[index + 2], data[index + 3]];
          if (alpha > 100 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) colored++;
        }
        return colored > 20;
      });
    };
    window.host.setFrames?.([given]);
    const startedMs = window.host.framesAtMs ?? performance.now();
    return new Promise<number>((resolve, reject) => {
      const look = (): void => {
        // The callbacks of a frame run before it is presented; a task after it runs when it has been handed on.
        if (isDrawn()) setTimeout(() => resolve(performance.now() - startedMs), 0);
        else if (performance.now() - startedMs > 30_000) reject(new Error('no bar within 30 s'));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  }, [frame, target] as const);
}

export interface Frames {
  /** Frames per second over the whole gesture. */
  perSecond: number;
  /** Longest time between two of them. */
  longestMs: number;
}

/** Moves the mouse to and fro over the box for `seconds`, with Shift and the button held for a pan. Real input events, by CDP. */
export async function framesDuring(page: Page, box: { x: number; y: number; width: number; height: number }, gesture: 'pan' | 'hover', seconds: number): Promise<Frames> {
  const middle = box.y + box.height / 2;
  const at = (share: number): number => box.x + box.width * (0.3 + 0.4 * share);
  await page.mouse.move(at(0), middle);
  if (gesture === 'pan') {
    await page.keyboard.down('Shift');
    await page.mouse.down();
  }
  await page.evaluate(() => {
    const stamps: number[] = [];
    Object.assign(window, { frameStamps: stamps, isCounting: true });
    const count = (now: number): void => {
      stamps.push(now);
      if ((window as unknown as { isCounting: boolean }).isCounting) requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  const endMs = performance.now() + seconds * 1000;
  for (let step = 0; performance.now() < endMs; step++) {
    const share = (Math.sin(step / 12) + 1) / 2;
    await page.mouse.move(at(share), middle + (gesture === 'hover' ? Math.cos(step / 7) * box.height * 0.4 : 0));
  }
  const stamps = await page.evaluate(() => {
    const own = window as unknown as { frameStamps: number[]; isCounting: boolean };
    own.isCounting = false;
    return own.frameStamps;
  });
  if (gesture === 'pan') {
    await page.mouse.up();
    await page.keyboard.up('Shift');
  }
  const gaps = stamps.slice(1).map((stamp, index) => stamp - (stamps[index] ?? stamp));
  const lastedMs = (stamps.at(-1) ?? 0) - (stamps[0] ?? 0);
  return { perSecond: lastedMs > 0 ? (gaps.length * 1000) / lastedMs : 0, longestMs: Math.max(0, ...gaps) };
}

/** Whether something is drawn on the uppermost canvas of the chart: the crosshair under the mouse. */
export function hasOverlay(page: Page, selector: string): Promise<boolean> {
  return page.evaluate((wanted) => {
    const canvas = [...document.querySelectorAll(wanted)].at(-1) as HTMLCanvasElement | undefined;
    const { data } = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] as unknown as Uint8ClampedArray };
    return data.some((value) => value > 0);
  }, selector);
}
