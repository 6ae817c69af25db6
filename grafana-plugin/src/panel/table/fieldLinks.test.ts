import { FieldType, type Field, type LinkModel } from '@grafana/data';
import { fieldLinks } from './fieldLinks';
import { itemOf } from './testItems';

function linked(links: (row: number | undefined) => Array<Partial<LinkModel<Field>>>): Field {
  const field: Field = { name: 'f', type: FieldType.string, config: {}, values: [] };
  const full = (given: Partial<LinkModel<Field>>) => ({
    href: '',
    title: '',
    target: '_blank' as const,
    origin: field,
    ...given,
  });
  return { ...field, getLinks: ({ valueRowIndex }) => links(valueRowIndex).map(full) };
}

describe('fieldLinks', () => {
  it('asks each field for the row of the item, and takes each link once', () => {
    const host = linked((row) => [{ href: `/d/host?row=${row}`, title: 'Host' }]);
    const item = itemOf({
      row: 7,
      fields: { host, domain: host, fault: linked(() => [{ href: 'https://runbook', title: 'Runbook' }]) },
    });
    expect(fieldLinks(item).map(({ href, title }) => [href, title])).toEqual([
      ['/d/host?row=7', 'Host'],
      ['https://runbook', 'Runbook'],
    ]);
  });

  it.each(['javascript:alert(1)', ' \tJAVA\nSCRIPT:alert(1)', 'data:text/html,<script>'])(
    'makes no script of %p',
    (href) => {
      const [link] = fieldLinks(itemOf({ fields: { host: linked(() => [{ href, title: 'x' }]) } }));
      expect(link?.href).toBe('about:blank');
    }
  );

  it('leaves out what cannot be made, and bears none at all', () => {
    const broken = linked(() => {
      throw new Error('no variable');
    });
    expect(fieldLinks(itemOf({ fields: { host: broken } }))).toEqual([]);
    expect(fieldLinks({ row: 0, fields: undefined as unknown as {} })).toEqual([]);
  });
});
