import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../src/config/load.ts';
import { parseHelperConfig } from '../src/guest/helper/config.ts';
import { isGuestAgentAllowed } from '../src/policy/guest-agent.ts';
import { appsFromMetadata } from '../src/perception/apps/metadata.ts';

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');

function blocks(language: string, beginning: RegExp): string[] {
  return [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, text]) => (of === language && text !== undefined && beginning.test(text) ? [text] : []));
}

async function load(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'virtmedic-readme-'));
  try {
    await writeFile(join(folder, 'virtmedic.yaml'), text);
    return await loadConfig(join(folder, 'virtmedic.yaml'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What README.md tells people to write is what virtmedic reads. */
describe("README's configuration", () => {
  const [first = ''] = blocks('yaml', /^hosts:/);
  const [guests = ''] = blocks('yaml', /^guest:/);

  it('is valid, without a warning, and begins with a dry run', async () => {
    const { config, warnings } = await load(first);
    expect([warnings, config.recovery.dryRun, config.domains[0]?.managed]).toEqual([[], true, true]);
  });

  it('is valid with what it adds for guests', async () => {
    const { config, warnings } = await load(first + guests);
    expect(warnings).toEqual([]);
    expect(config.guest.helperFolder).toBe(parseHelperConfig({ peers: [0] }).config?.runFolder);
    expect(config.apps.map(({ name }) => name)).toEqual(['web', 'shop']);
  });

  it.each(blocks('yaml', /^guest:/))('for guests is valid without the rest (block %#)', async (text) => {
    const [hosts = ''] = first.split(/^(?=alertmanager:)/m);
    expect((await load(hosts + text)).warnings).toEqual([]);
  });

  it('of apps is the same in the metadata of a domain', async () => {
    const { config } = await load(first + guests);
    const [metadata = ''] = blocks('xml', /^<metadata>/);
    expect(appsFromMetadata('web-1', `<domain>${metadata}</domain>`)).toEqual({ apps: config.apps.map(({ domains: _, ...app }) => app), problems: [] });
  });

  it('of the guest agent is valid, and allows it', async () => {
    const [, agent = ''] = blocks('yaml', /^guest:/);
    const { config, warnings } = await load(`hosts:\n  - { name: kvm1, uri: 'qemu:///system' }\n${agent}`);
    expect(warnings).toEqual([]);
    expect(isGuestAgentAllowed(config, { uuid: '', name: 'win-1', host: 'kvm1' })).toBe(true);
    expect(config.apps[0]?.start?.agentCommand?.at(-1)).toBe('Restart-Service -Force W3SVC');
  });

  it('of the guest helper is valid', () => {
    const [helper = ''] = blocks('yaml', /^peers:/);
    const { config, findings } = parseHelperConfig(parse(helper));
    expect(findings).toEqual([]);
    expect(config?.domains).toEqual([{ match: { name: 'web-*' }, read: true, write: true }]);
  });
});
