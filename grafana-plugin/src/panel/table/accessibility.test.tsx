import React from 'react';
import { act, render, screen } from '@testing-library/react';
import '../../control/testing/patience';
import axe from 'axe-core';
import { sampleForecast } from '../../api/samples';
import { FilterBar } from '../filters/FilterBar';
import { PanelState } from '../states/PanelState';
import { HistoryTable } from './HistoryTable';
import { detailOf, itemOf, itemsOf, modelOf, START_MS } from './testItems';

async function violations(container: HTMLElement): Promise<string[]> {
  // Colours are not computed here: a browser is asked about them.
  const { violations: found } = await axe.run(container, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const items = [...itemsOf(30), itemOf({ status: 'in_progress', endMs: null, domain: '' }, 31)];
const common = { nowMs: START_MS + 9_000_000, timeZone: 'utc', onZoom: jest.fn() };

describe('accessibility', () => {
  it.each([1200, 300])('of table and filters at %p pixels', async (width) => {
    const { container } = render(
      <div>
        <FilterBar
          filters={{ host: ['host-a'] }}
          search=""
          shown={31}
          total={40}
          items={items}
          width={width}
          onChange={jest.fn()}
          onSearch={jest.fn()}
        />
        <HistoryTable
          {...common}
          model={modelOf(items)}
          items={items}
          width={width}
          height={400}
          pageSize={10}
          selectedId="recovery-31"
          onSelect={jest.fn()}
          onFilter={jest.fn()}
          loadDetail={async (id) => ({ ...detailOf(id), forecast: sampleForecast({ coldStart: true }) })}
        />
      </div>
    );
    await screen.findByText('Incident opened');
    expect(screen.getByRole('region', { name: 'Forecast at detection' })).toBeInTheDocument();
    expect(await violations(container)).toEqual([]);
  });

  it.each([{ loading: true }, { error: 'broken' }, { last: itemOf() }, {}])(
    'of the state %p',
    async ({ loading = false, error = null, last = null }) => {
      const { container } = render(
        <PanelState {...common} model={modelOf([], { last })} loading={loading} error={error} />
      );
      await act(async () => undefined);
      expect(await violations(container)).toEqual([]);
    }
  );

  it('would find a button without a name', async () => {
    const { container } = render(<button />);
    expect(await violations(container)).toHaveLength(1);
  });
});
