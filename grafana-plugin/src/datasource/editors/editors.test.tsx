import { CoreApp, type DataSourceSettings } from '@grafana/data';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import '../../control/testing/patience';
import React, { useState } from 'react';
import { sampleApp, sampleDomain, sampleHost } from '../../api/samples';
import { fakeVirtmedic, type FakeVirtmedic } from '../testing/fakeVirtmedic';
import { datasource } from '../testing/request';
import type {
  VirtmedicDataSourceOptions,
  VirtmedicQuery,
  VirtmedicSecureOptions,
  VirtmedicVariableQuery,
} from '../types';
import { ConfigEditor } from './ConfigEditor';
import { AnnotationQueryEditor, QueryEditor } from './QueryEditor';
import { VariableEditor } from './VariableEditor';

type Settings = DataSourceSettings<VirtmedicDataSourceOptions, VirtmedicSecureOptions>;

/** What browsers have, Grafana uses and jsdom lacks. */
class Observer {
  constructor(private readonly tell: (entries: unknown[], observer: Observer) => void) {}
  observe(target: Element): void {
    setTimeout(
      () => this.tell([{ target, contentRect: target.getBoundingClientRect(), isIntersecting: true }], this),
      0
    );
  }
  unobserve(): void {}
  disconnect(): void {}
}
const canParse = (text: string): boolean => {
  try {
    return new URL(text) !== null;
  } catch {
    return false;
  }
};
beforeAll(() => {
  Object.assign(URL, { canParse });
  Object.assign(globalThis, { IntersectionObserver: Observer, ResizeObserver: Observer });
});

let fake: FakeVirtmedic;
beforeEach(() => {
  fake = fakeVirtmedic({
    hosts: [sampleHost(), sampleHost({ name: 'h2' })],
    domains: [sampleDomain({ apps: [sampleApp()] }), sampleDomain({ name: 'db-1', host: 'h2' })],
  });
  // Grafana measures options with a canvas, which there is none of here.
  const measure = { measureText: (text: string) => ({ width: text.length * 8 }) };
  jest.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(measure as unknown as null);
  // The lists of Grafana's Combobox show as many rows as there is room for.
  jest.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue({
    width: 400,
    height: 400,
    top: 0,
    left: 0,
    right: 400,
    bottom: 400,
    x: 0,
    y: 0,
    toJSON: () => ({}),
  });
  jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(400);
  jest.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(400);
});
afterEach(() => jest.restoreAllMocks());

/** An editor that keeps what is entered, as Grafana does. Gives what was entered last. */
function openQuery(
  given: Partial<VirtmedicQuery> = {},
  { Editor = QueryEditor, variables = {}, app = CoreApp.PanelEditor as CoreApp | undefined } = {}
) {
  const changes: VirtmedicQuery[] = [];
  const onRunQuery = jest.fn();
  const source = datasource(variables);
  const Kept = () => {
    const [query, setQuery] = useState<VirtmedicQuery>({ refId: 'A', kind: 'recoveries', ...given });
    const onChange = (changed: VirtmedicQuery) => {
      changes.push(changed);
      setQuery(changed);
    };
    return <Editor datasource={source} query={query} onChange={onChange} onRunQuery={onRunQuery} app={app} />;
  };
  render(<Kept />);
  return { newest: () => changes.at(-1), onRunQuery };
}

async function choose(label: string, option: string): Promise<void> {
  await userEvent.click(screen.getByRole('combobox', { name: label }));
  await userEvent.click(await screen.findByRole('option', { name: new RegExp(option.replace('$', String.raw`\$`)) }));
}

describe('query editor', () => {
  it('offers what virtmedic knows, and template variables', async () => {
    const { newest, onRunQuery } = openQuery({}, { variables: { vm: ['a'] } });
    await choose('Host', 'h2');
    expect(newest()).toEqual({ refId: 'A', kind: 'recoveries', host: 'h2' });
    await choose('Domain', 'db-1');
    expect(fake.requests.at(-1)?.search).toBe('?host=h2');
    await choose('Fault', 'domain_hung');
    await choose('Outcome', 'failed');
    expect(newest()).toMatchObject({ host: 'h2', domain: 'db-1', fault: 'domain_hung', outcome: 'failed' });
    await choose('Domain', '$vm');
    expect(newest()).toMatchObject({ domain: '$vm' });
    expect(onRunQuery).toHaveBeenCalledTimes(5);
  });

  it('takes any text', async () => {
    const { newest } = openQuery();
    await userEvent.type(screen.getByRole('combobox', { name: 'Domain' }), '{{web-1,web-2}');
    await userEvent.click(await screen.findByRole('option', { name: /web-1,web-2/ }));
    expect(newest()).toMatchObject({ domain: '{web-1,web-2}' });
  });

  it('says why it can offer nothing, and still takes text', async () => {
    fake.override.set('/api/v1/hosts', () => ({ status: 502, body: '' }));
    const { newest } = openQuery();
    await userEvent.type(screen.getByRole('combobox', { name: 'Host' }), 'h9');
    expect(await screen.findByText(/cannot reach virtmedic/)).toBeVisible();
    await userEvent.click(await screen.findByRole('option', { name: /h9/ }));
    expect(newest()).toMatchObject({ host: 'h9' });
  });

  it('has the fields of each kind', async () => {
    const { newest } = openQuery();
    const fields = () => screen.getAllByRole('combobox').map((field) => field.getAttribute('id')).length;
    expect(fields()).toBe(5);
    await userEvent.click(screen.getByRole('radio', { name: 'Domains' }));
    expect(newest()).toMatchObject({ kind: 'domains' });
    expect(fields()).toBe(2);
    expect(screen.queryByRole('switch', { name: 'Live' })).toBeNull();
    await userEvent.click(screen.getByRole('radio', { name: 'Forecasts' }));
    expect(newest()).toMatchObject({ kind: 'forecast' });
    expect(fields()).toBe(2);
    expect(screen.queryByRole('switch', { name: 'Live' })).toBeNull();
    await userEvent.click(screen.getByRole('radio', { name: 'Applications' }));
    expect(newest()).toMatchObject({ kind: 'apps' });
    expect(fields()).toBe(3);
    await choose('Application', 'nginx');
    expect(newest()).toMatchObject({ app: 'nginx' });
    await userEvent.click(screen.getByRole('radio', { name: 'Processes' }));
    await userEvent.click(screen.getByRole('switch', { name: 'Kernel threads' }));
    expect(newest()).toMatchObject({ kind: 'processes', kernelThreads: true });
    expect(fields()).toBe(2);
    await userEvent.click(screen.getByRole('radio', { name: 'Incidents' }));
    expect(fields()).toBe(4);
    expect(screen.getByRole('switch', { name: 'Live' })).toBeChecked();
  });

  it('is live in panels, and can be not', async () => {
    const { newest } = openQuery();
    await userEvent.click(screen.getByRole('switch', { name: 'Live' }));
    expect(newest()).toMatchObject({ live: false });
    expect(screen.getByRole('switch', { name: 'Live' })).not.toBeChecked();
  });

  it('is not live in Explore', () => {
    openQuery({}, { app: CoreApp.Explore });
    expect(screen.getByRole('switch', { name: 'Live' })).not.toBeChecked();
  });

  it.each([
    ['50', 50],
    ['90000', 20_000],
  ])('takes the limit %s as %i', async (typed, limit) => {
    const { newest } = openQuery();
    const field = screen.getByRole('spinbutton', { name: 'Limit' });
    expect(field).toHaveValue(1000);
    await userEvent.clear(field);
    await userEvent.type(field, `${typed}{Enter}`);
    expect(newest()).toMatchObject({ limit });
    expect(field).toHaveValue(limit);
  });

  it.each(['0', '-5', '1.5', ''])('does not take the limit %j', async (typed) => {
    const { newest } = openQuery();
    const field = screen.getByRole('spinbutton', { name: 'Limit' });
    await userEvent.clear(field);
    await userEvent.type(field, `${typed}{Tab}`);
    expect(newest()).toBeUndefined();
    expect(field).toHaveValue(1000);
  });

  it('survives a stored query of another version', () => {
    openQuery({ kind: 'spells' as 'hosts', limit: 'x' as unknown as number });
    expect(screen.getByRole('radio', { name: 'Recoveries' })).toBeChecked();
  });

  it('offers annotations only what has times, once', () => {
    openQuery({}, { Editor: AnnotationQueryEditor });
    expect(screen.getAllByRole('radio')).toHaveLength(2);
    expect(screen.queryByRole('switch')).toBeNull();
  });
});

describe('editor of variables', () => {
  it('asks for domains of a host', async () => {
    const onChange = jest.fn();
    const query = { refId: 'v', list: 'domains' } as VirtmedicVariableQuery;
    render(<VariableEditor datasource={datasource()} query={query} onChange={onChange} onRunQuery={jest.fn()} />);
    await choose('Of host', 'h2');
    expect(onChange).toHaveBeenLastCalledWith({ refId: 'v', list: 'domains', host: 'h2' });
  });

  it('asks for applications of a host', async () => {
    const onChange = jest.fn();
    const query = { refId: 'v', list: 'apps' } as VirtmedicVariableQuery;
    render(<VariableEditor datasource={datasource()} query={query} onChange={onChange} onRunQuery={jest.fn()} />);
    await choose('Of host', 'h1');
    expect(onChange).toHaveBeenLastCalledWith({ refId: 'v', list: 'apps', host: 'h1' });
  });

  it('turns a query that is written as text into one of its own', async () => {
    const onChange = jest.fn();
    render(
      <VariableEditor
        datasource={datasource()}
        query={'domains($h)' as unknown as VirtmedicVariableQuery}
        onChange={onChange}
        onRunQuery={jest.fn()}
      />
    );
    expect(screen.getByRole('radio', { name: 'Domains' })).toBeChecked();
    await userEvent.click(screen.getByRole('radio', { name: 'Outcomes' }));
    expect(onChange).toHaveBeenLastCalledWith({ refId: 'virtmedic-variable', list: 'outcomes', host: '$h' });
  });
});

describe('config editor', () => {
  function openConfig(given: Partial<Settings> = {}) {
    const changes: Settings[] = [];
    const Kept = () => {
      const [options, setOptions] = useState({
        url: '',
        access: 'proxy',
        jsonData: {},
        secureJsonFields: {},
        ...given,
      } as Settings);
      const onOptionsChange = (changed: Settings) => {
        changes.push(changed);
        setOptions(changed);
      };
      return <ConfigEditor options={options} onOptionsChange={onOptionsChange} />;
    };
    render(<Kept />);
    return () => changes.at(-1);
  }

  it('takes URL and token, the token as a secret', async () => {
    const newest = openConfig({ access: 'direct' });
    await userEvent.type(screen.getByRole('textbox', { name: /URL/ }), 'http://vm.example:9177');
    const token = screen.getByLabelText(/Read token/);
    expect(token).toHaveAttribute('type', 'password');
    await userEvent.type(token, ' s3cret ');
    expect(newest()).toMatchObject({
      url: 'http://vm.example:9177',
      access: 'proxy',
      secureJsonData: { readToken: 's3cret' },
      jsonData: {},
    });
  });

  it('does not show a token that is saved, and can forget it', async () => {
    const newest = openConfig({ secureJsonFields: { readToken: true } });
    expect(screen.getByLabelText(/Read token/)).toBeDisabled();
    await userEvent.click(screen.getByRole('button', { name: 'Reset' }));
    expect(newest()).toMatchObject({ secureJsonFields: { readToken: false }, secureJsonData: { readToken: '' } });
    await userEvent.type(screen.getByLabelText(/Read token/), 'new');
    expect(newest()?.secureJsonData).toEqual({ readToken: 'new' });
  });

  it.each([
    ['http://vm.example:9178', /control listener by default/],
    ['vm.example:9177', /Must begin with http/],
    ['javascript:alert(1)', /Must begin with http/],
    ['http://vm.example/api/v1/hosts', /Without the path/],
    ['http://me:secret@vm.example', /can be read by everyone/],
  ])('says of the URL %s what is wrong', (url, message) => {
    openConfig({ url });
    expect(screen.getByRole('alert')).toHaveTextContent(message);
  });

  it.each(['', 'http://vm.example:9177', 'https://vm.example/virtmedic/'])('has nothing against the URL %j', (url) => {
    openConfig({ url });
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it.each([{ basicAuth: true }, { jsonData: { httpHeaderName1: 'Authorization' } }])(
    'warns of credentials for everyone: %j',
    (given) => {
      openConfig(given as Partial<Settings>);
      expect(screen.getByText(/whatever its path and method/)).toBeInTheDocument();
    }
  );

  it('explains scopes and where to read on', () => {
    openConfig();
    expect(screen.getByText(/must have the scope "read" alone/)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: /Documentation/ })).toHaveAttribute(
      'href',
      expect.stringContaining('https://')
    );
  });

  it('can only be read where it is provisioned', async () => {
    openConfig({ readOnly: true });
    await waitFor(() => expect(screen.getByRole('textbox', { name: /URL/ })).toBeDisabled());
    expect(within(document.body).getByLabelText(/Read token/)).toBeDisabled();
  });
});
