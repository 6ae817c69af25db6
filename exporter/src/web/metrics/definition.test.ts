import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDefinition } from './definition.ts';
import { createDefinitions } from './definitions.ts';

const XML = `<domain type='qemu' id='3'>
  <name>vm</name>
  <metadata><nova:instance xmlns:nova="n"><nova:name>&lt;x&gt;</nova:name></nova:instance></metadata>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' discard='unmap'/>
      <source file='/images/a&amp;b &quot;c&quot;.qcow2' index='1'/>
      <target dev='vda' bus='virtio'/>
      <serial>abc&#x41;</serial>
    </disk>
    <disk type='network' device='cdrom'><source protocol='rbd' name='pool/image'/><target dev='sda' bus='sata'/></disk>
    <interface type='bridge'>
      <mac address='52:54:00:00:00:01'/><source bridge='br0'/><target dev='vnet3'/><model type='virtio'/><mtu size='9000'/>
    </interface>
  </devices>
</domain>`;
const REF = { name: 'vm', uuid: 'u', id: 3 };

describe('parseDefinition', () => {
  it('reads kind, disks and interfaces', () => {
    expect(parseDefinition(XML)).toEqual({
      osType: 'hvm',
      osArch: 'x86_64',
      osMachine: 'pc-q35-7.2',
      disks: [
        {
          device: 'disk', type: 'file', target: 'vda', bus: 'virtio', driverName: 'qemu', driverType: 'qcow2', driverCache: 'none',
          driverDiscard: 'unmap', serial: 'abcA', source: '/images/a&b "c".qcow2',
        },
        {
          device: 'cdrom', type: 'network', target: 'sda', bus: 'sata', driverName: '', driverType: '', driverCache: '',
          driverDiscard: '', serial: '', source: 'pool/image',
        },
      ],
      interfaces: [{ type: 'bridge', target: 'vnet3', mac: '52:54:00:00:00:01', model: 'virtio', mtu: '9000', bridge: 'br0' }],
    });
  });

  it.each([
    ['nothing', ''],
    ['another document', '<network/>'],
    ['a document type', `<!DOCTYPE d [<!ENTITY a "aaaa">]>${XML}`],
    ['too much', `<domain>${' '.repeat(1_100_000)}</domain>`],
  ])('refuses %s', (_, xml) => expect(parseDefinition(xml)).toBeNull());

  it('expands no entities of its own, and leaves unknown ones alone', () => {
    expect(parseDefinition("<domain><os><type arch='&lol;&amp;&#1114112;'>hvm</type></os></domain>")?.osArch).toBe('&lol;&&#1114112;');
  });

  it('is not led astray by names of JavaScript objects', () => {
    const xml = "<domain><os><type arch='x'>hvm</type></os><__proto__><os><type>evil</type></os></__proto__><constructor/><devices><disk><toString/></disk></devices></domain>";
    const parsed = parseDefinition(xml);
    expect(parsed === null || parsed.osType === 'hvm').toBe(true);
    expect(({} as Record<string, unknown>).os).toBeUndefined();
  });

  it('never throws, whatever comes', () => {
    const piece = fc.constantFrom('<domain>', '</domain>', '<os>', '<type', " arch='x'", '>', '</os>', '<![CDATA[', ']]>', '<!--', '-->', '&#', '<?xml', 'a', '<devices><disk', '/>');
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(piece).map((pieces) => pieces.join(''))), (xml) => void parseDefinition(xml)), { numRuns: 2000 });
  });
});

describe('definitions', () => {
  const stats = { 'block.count': 2, 'block.0.name': 'vda', 'block.1.name': 'sda', 'net.count': 1, 'net.0.name': 'vnet3' };

  it('fetches once, and again for another instance, a change, and age', () => {
    const definitions = createDefinitions(() => 0);
    expect(definitions.due([REF], 0)).toEqual([REF]);
    definitions.set(REF, XML, 0);
    expect(definitions.get(REF)?.osArch).toBe('x86_64');
    expect(definitions.due([REF], 239_999)).toEqual([]);
    expect(definitions.due([REF], 240_000)).toEqual([REF]);
    expect(definitions.due([{ ...REF, id: 4 }], 1)).toHaveLength(1);
    definitions.changed('u');
    expect(definitions.due([REF], 1)).toEqual([REF]);
  });

  it('fetches again when the statistics show other devices', () => {
    const definitions = createDefinitions(() => 0);
    definitions.set(REF, XML, 0);
    definitions.check(REF, stats);
    expect(definitions.due([REF], 1)).toEqual([]);
    definitions.check(REF, { ...stats, 'net.0.name': 'vnet4' });
    expect(definitions.due([REF], 1)).toEqual([REF]);
    definitions.set(REF, XML, 1);
    definitions.check(REF, { ...stats, 'block.count': 1 });
    expect(definitions.due([REF], 2)).toEqual([REF]);
  });

  it('forgets domains that are gone', () => {
    const definitions = createDefinitions();
    definitions.set(REF, XML, 0);
    definitions.keep([]);
    expect(definitions.get(REF)).toBeNull();
  });
});
