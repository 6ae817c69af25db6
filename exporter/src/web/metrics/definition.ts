import { XMLParser } from 'fast-xml-parser';

/** What metrics need of a domain's definition. Missing things are empty. */
export interface Definition {
  osType: string;
  osArch: string;
  osMachine: string;
  disks: DiskDefinition[];
  interfaces: InterfaceDefinition[];
}

export interface DiskDefinition {
  /** `disk`, `cdrom`, `floppy`, `lun`. */
  device: string;
  type: string;
  target: string;
  bus: string;
  driverName: string;
  driverType: string;
  driverCache: string;
  driverDiscard: string;
  serial: string;
  source: string;
}

export interface InterfaceDefinition {
  type: string;
  /** Only a running domain's interfaces have one. */
  target: string;
  mac: string;
  model: string;
  mtu: string;
  bridge: string;
}

const MAX_BYTES = 1_048_576;
const MAX_DEVICES = 1024;
const MAX_VALUE_CHARACTERS = 1024;

/**
 * Entities are not expanded by the parser: definitions come from outside, and libvirt writes only the five predefined ones.
 * Metadata belongs to others and is not looked into.
 */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  htmlEntities: false,
  stopNodes: ['domain.metadata', 'domain.description', 'domain.title', 'domain.qemu:commandline'],
});

/**
 * Reads a libvirt domain definition (https://libvirt.org/formatdomain.html).
 *
 * @returns null for anything that is none, too large, or has a document type
 */
export function parseDefinition(xml: string): Definition | null {
  if (xml.length > MAX_BYTES || /<!DOCTYPE/i.test(xml)) return null;
  let document: unknown;
  try {
    document = parser.parse(xml);
  } catch {
    return null;
  }
  const domain = child(document, 'domain');
  if (domain === undefined) return null;
  const type = child(child(domain, 'os'), 'type');
  const devices = child(domain, 'devices');
  return {
    osType: text(type),
    osArch: attribute(type, 'arch'),
    osMachine: attribute(type, 'machine'),
    disks: children(devices, 'disk').map(disk),
    interfaces: children(devices, 'interface').map(networkInterface),
  };
}

function disk(node: unknown): DiskDefinition {
  const driver = child(node, 'driver');
  const target = child(node, 'target');
  const source = child(node, 'source');
  return {
    device: attribute(node, 'device') || 'disk',
    type: attribute(node, 'type'),
    target: attribute(target, 'dev'),
    bus: attribute(target, 'bus'),
    driverName: attribute(driver, 'name'),
    driverType: attribute(driver, 'type'),
    driverCache: attribute(driver, 'cache'),
    driverDiscard: attribute(driver, 'discard'),
    serial: text(child(node, 'serial')),
    source: attribute(source, 'file') || attribute(source, 'dev') || attribute(source, 'name') || attribute(source, 'volume'),
  };
}

function networkInterface(node: unknown): InterfaceDefinition {
  return {
    type: attribute(node, 'type'),
    target: attribute(child(node, 'target'), 'dev'),
    mac: attribute(child(node, 'mac'), 'address'),
    model: attribute(child(node, 'model'), 'type'),
    mtu: attribute(child(node, 'mtu'), 'size'),
    bridge: attribute(child(node, 'source'), 'bridge'),
  };
}

/** Own properties only: element names come from outside. */
function own(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null && Object.hasOwn(node, name) ? (node as Record<string, unknown>)[name] : undefined;
}

function children(node: unknown, name: string): unknown[] {
  const found = own(node, name);
  if (found === undefined) return [];
  return Array.isArray(found) ? found.slice(0, MAX_DEVICES) : [found];
}

function child(node: unknown, name: string): unknown {
  return children(node, name)[0];
}

function attribute(node: unknown, name: string): string {
  return value(own(node, `@${name}`));
}

function text(node: unknown): string {
  return typeof node === 'object' ? value(own(node, '#text')) : value(node);
}

function value(raw: unknown): string {
  return typeof raw === 'string' ? unescape(raw.slice(0, MAX_VALUE_CHARACTERS)) : '';
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(raw: string): string {
  return raw.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));/g, (whole, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
