import React from 'react';
import '../../control/testing/patience';
import { render, screen, within } from '@testing-library/react';
import { sampleForecast, T0 } from '../../api/samples';
import type { Forecast } from '../../api/types';
import { ForecastAtDetection } from './ForecastAtDetection';
import { RecoveryDetails } from './RecoveryDetails';
import { detailOf, itemOf, modelOf, START_MS } from './testItems';

const show = (changed: Partial<Forecast> = {}) =>
  render(<ForecastAtDetection forecast={sampleForecast(changed)} timeZone="utc" />);

/** Name and figure of each bar, and how long it is. */
function shares(group: string): string[][] {
  const terms = within(screen.getByRole('group', { name: group })).getAllByRole('term');
  return terms.map((term) => {
    const definition = term.nextElementSibling as HTMLElement;
    const bar = definition.querySelector<HTMLElement>('[aria-hidden] > span');
    return [term.textContent ?? '', definition.textContent ?? '', bar?.style.width ?? ''];
  });
}

test('probabilities by horizon, health and load, each as figure and bar', () => {
  show();
  expect(shares('Failure')).toEqual([
    ['within 1 min', '83%', '83%'],
    ['within 5 min', '97%', '97%'],
  ]);
  expect(shares('Health')).toEqual([
    ['normal', '20%', '20%'],
    ['abnormal', '75%', '75%'],
    ['failed', '5%', '5%'],
  ]);
  expect(shares('Load').map(([name, figure]) => [name, figure])).toEqual([
    ['low', '10%'],
    ['medium', '30%'],
    ['high', '60%'],
  ]);
  expect(screen.getByText(/^Made at/)).toHaveTextContent(
    'Made at 2026-01-31 12:00:00. Over the limit since 2026-01-31 11:59:30. Model: its own. Trained at 2026-01-31 11:00:00.'
  );
  expect(screen.queryByText(/still learning/)).not.toBeInTheDocument();
});

test('says that it was still learning, what it did not see, and that nothing was trained', () => {
  const missing = [
    { signal: 'memoryUsedRatio', why: 'not-said' },
    { signal: null, why: 'own-operation' },
  ];
  show({ coldStart: true, missing, failingSinceMs: null, model: { source: 'prior', trainedAtMs: null } });
  expect(screen.getByText(/It was still learning what is usual here/)).toBeInTheDocument();
  expect(screen.getByText(/^Made at/)).toHaveTextContent(
    'Made at 2026-01-31 12:00:00. Model: built in, as none was trained yet. Not seen: memory (libvirt does not tell), all signals (virtmedic was acting on it).'
  );
});

test('shows what is told alone, and foreign words as text', () => {
  const html = '<img src=x onerror=alert(1)>';
  const missing = Array.from({ length: 500 }, () => ({ signal: html, why: html }));
  const { container } = show({ health: null, load: null, missing, model: { source: html, trainedAtMs: T0 } });
  expect(screen.getAllByRole('group')).toHaveLength(1);
  expect(container.querySelector('img')).toBeNull();
  expect(screen.getByText(/^Made at/).textContent).toContain(`Model: ${html}.`);
  expect(screen.getByText(/^Made at/).textContent?.length).toBeLessThan(1000);
});

describe('in an opened row', () => {
  const open = (forecast: Forecast | null) =>
    render(
      <RecoveryDetails
        item={itemOf({ probability: 0.834 })}
        model={modelOf([])}
        nowMs={START_MS}
        width={900}
        timeZone="utc"
        onZoom={jest.fn()}
        loadDetail={async (id) => ({ ...detailOf(id), forecast })}
      />
    );

  test('the forecast is told once, with all of it', async () => {
    open(sampleForecast());
    expect(await screen.findByRole('region', { name: 'Forecast at detection' })).toBeInTheDocument();
    expect(screen.getAllByText('Forecast at detection')).toHaveLength(1);
  });

  test('where there is but the figure, it is told', async () => {
    open(null);
    await screen.findByText('Incident opened');
    expect(screen.queryByRole('region', { name: 'Forecast at detection' })).not.toBeInTheDocument();
    expect(screen.getByText('failure probability 83%')).toBeInTheDocument();
  });
});
