import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementOf, XmlError } from './xml.ts';

const read = (xml: string) => elementOf(xml, 'urn:a', 'apps');
const domain = (metadata: string, more = '') => `<domain type='kvm'><name>d</name><metadata>${metadata}</metadata>${more}</domain>`;

describe('elementOf', () => {
  it.each([
    ['a prefix', '<v:apps xmlns:v="urn:a"><v:app x="1">t</v:app></v:apps>'],
    ['another prefix', "<a.b-c:apps xmlns:a.b-c='urn:a'><a.b-c:app x='1'> t </a.b-c:app></a.b-c:apps>"],
    ['a namespace of its own for all names', '<apps xmlns="urn:a"><app x="1">t</app></apps>'],
    ['another element before it', '<n:instance xmlns:n="urn:n"><n:app x="2"/></n:instance><v:apps xmlns:v="urn:a"><v:app x="1">t</v:app></v:apps>'],
  ])('finds it by %s', (_, metadata) => {
    expect(read(domain(metadata))).toEqual({ name: 'apps', attributes: [], text: '', children: [{ name: 'app', attributes: [['x', '1']], children: [], text: 't' }] });
  });

  it('finds it by a prefix that is declared further out', () => {
    expect(read('<domain xmlns:v="urn:a"><metadata><v:apps/></metadata></domain>')?.name).toBe('apps');
  });

  it('takes the element alone, as libvirt gives it', () => {
    expect(read('<apps><app x="1"/></apps>')?.children).toEqual([{ name: 'app', attributes: [['x', '1']], children: [], text: '' }]);
  });

  it.each([domain(''), domain('<apps/>'), domain('<v:apps xmlns:v="urn:b"/>'), domain('<v:apps/>'), '<domain/>', domain('', '<devices><v:apps xmlns:v="urn:a"/></devices>')])('finds none in %s', (xml) => {
    expect(read(xml)).toBeNull();
  });

  it('keeps the names of other namespaces apart', () => {
    const element = read(domain('<v:apps xmlns:v="urn:a" xmlns:w="urn:w"><w:app/><app/><v:app/></v:apps>'));
    expect(element?.children.map(({ name }) => name)).toEqual(['w:app', 'app', 'app']);
  });

  it('expands the five entities of XML and numbers of characters, once', () => {
    expect(read('<apps a="&lt;&#65;&#x42;&amp;lt;&quot;&lol;&#0;&#x110000;">&amp;amp;</apps>')).toMatchObject({ attributes: [['a', '<AB&lt;"&lol;&#0;&#x110000;']], text: '&amp;' });
  });

  it.each([
    ['nothing', '', /not well-formed|no element/],
    ['no XML', 'apps: []', /not well-formed/],
    ['an element that stays open', '<apps><app></apps>', /not well-formed at line 1/],
    ['another root', '<network/>', /expected `domain` or `apps`/],
    ['a document type', '<!DOCTYPE apps [<!ENTITY a "aaaa">]><apps>&a;</apps>', /document type/],
    ['too much', `<apps>${' '.repeat(1_048_576)}</apps>`, /longer than 1048576 characters/],
    ['too many elements', `<apps>${'<a/>'.repeat(2_000)}</apps>`, /more than 2000 elements/],
    ['too many levels', `<apps>${'<a>'.repeat(8)}${'</a>'.repeat(8)}</apps>`, /deeper than 8 levels/],
    ['levels without end', `<apps>${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}</apps>`, /cannot be read|deeper/],
    ['a long value', `<apps a="${'x'.repeat(4_097)}"/>`, /longer than 4096 characters/],
    ['a name of JavaScript', '<apps><__proto__/></apps>', /cannot be read/],
  ])('refuses %s', (_, xml, message) => {
    expect(() => read(xml)).toThrow(XmlError);
    expect(() => read(xml)).toThrow(message);
  });

  it('reads or refuses whatever it is given', () => {
    const piece = fc.constantFrom('<', '>', '/', '=', '"', "'", '&', ';', '<apps', '</apps>', '<domain>', '</domain>', '<metadata>', '</metadata>', ' xmlns:v="urn:a"', '<v:apps', ' a="b"', '<![CDATA[', ']]>', '<!--', '-->', '<?x ', '?>', 'constructor', '__proto__', '\0', '#text', ':@');
    const valid = domain('<v:apps xmlns:v="urn:a"><v:app x="1">t</v:app></v:apps>', '<devices><disk/></devices>');
    const mutated = fc.tuple(fc.nat(valid.length), fc.nat(20), fc.array(piece, { maxLength: 4 })).map(([at, length, pieces]) => valid.slice(0, at) + pieces.join('') + valid.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.array(piece).map((pieces) => pieces.join('')), fc.string()), (xml) => {
        try {
          read(xml);
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
