/** For tests: the whole app at one of its addresses. */
import { render } from '@testing-library/react';
import type { AppRootProps } from '@grafana/data';
import React from 'react';
import { MemoryRouter, Route, Routes } from 'react-router-dom';
import { APP_ID } from '../constants';
import { App } from './App';

// Fields of @grafana/ui measure their text with a canvas and lists their height, which jsdom has not.
const PIXELS_PER_CHARACTER = 8;
Object.assign(HTMLCanvasElement.prototype, {
  getContext: () => ({ measureText: (text: string) => ({ width: text.length * PIXELS_PER_CHARACTER }) }),
});
Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { configurable: true, value: 200 });
Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, value: 400 });

class NothingIsSeen {
  observe() {}
  unobserve() {}
  disconnect() {}
}
Object.assign(globalThis, { IntersectionObserver: NothingIsSeen });

/** Renders the app as Grafana does, below its own address. */
export function renderApp(path: string) {
  const props = {} as AppRootProps;
  return render(
    <MemoryRouter initialEntries={[`/a/${APP_ID}/${path}`]}>
      <Routes>
        <Route path={`/a/${APP_ID}/*`} element={<App {...props} />} />
      </Routes>
    </MemoryRouter>
  );
}
