import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from './errors.ts';
import { predictionFolder } from './prediction-folder.ts';
import { loadConfig, loadYaml } from './load.ts';
import type { LoadedConfig } from './load.ts';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-config-'));
  file = join(folder, 'virtmedic.yaml');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const HOSTS = 'hosts:\n  - {name: h1, uri: "qemu:///system"}\n';

async function load(text: string | Buffer): Promise<LoadedConfig> {
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600 });
  return loadConfig(file);
}

/** `3:5 domains[0].trigger message`, one for each problem. */
async function problems(text: string | Buffer): Promise<string[]> {
  const error: unknown = await load(text).then(() => null, (reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw new Error(`expected a ConfigError, got ${String(error)}`);
  expect(error.problems.every((problem) => problem.file === file)).toBe(true);
  return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path} ${message}`);
}

async function secretFile(name: string, text: string, mode = 0o600): Promise<string> {
  await writeFile(join(folder, name), text);
  await chmod(join(folder, name), mode);
  return name;
}

describe('loadConfig', () => {
  it('fills in defaults', async () => {
    const { config, warnings } = await load(HOSTS);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ web: { listen: ':9177' }, control: { listen: '127.0.0.1:9178', tokens: [] }, recovery: { dryRun: false }, domains: [] });
  });

  it('takes anchors and aliases', async () => {
    const { config } = await load(`${HOSTS}domains:\n  - &one {match: {name: a}, managed: true, probes: &p [{type: tcp, address: "{domain}", port: 80}]}\n  - {match: {name: b}, probes: *p}\n`);
    expect(config.domains[1]?.probes).toEqual(config.domains[0]?.probes);
  });

  it('names every problem at once, each with its place', async () => {
    const found = await problems(`hosts:
  - {name: h1, uri: "qemu:///system"}
  - name: h1
    uri: 7
    flavour: x
store:
sampling: {intervalSeconds: -1}
control: {listen: ":9178"}
domains:
  - restartpolicy: always
    trigger: sometimes
  - probes:
      - {type: tcp, address: "{host}", port: 70000}
      - {type: http}
`);
    expect(found).toEqual([
      '3:11 hosts[1].name hosts[0] has this name already; names are unique',
      '4:10 hosts[1].uri expected text of 1 to 1024 characters (put it in quotes)',
      '5:5 hosts[1].flavour there is no such option here. Allowed: `name`, `uri`, `migrationUri`',
      '6:7 store is empty; expected a group of options',
      '7:29 sampling.intervalSeconds `-1` is not allowed; expected a number from 0.5 to 31536000',
      '8:19 control.listen *:9178 can be reached from other machines, so control.tokens is needed; or listen on 127.0.0.1:9178',
      expect.stringMatching(/^10:5 domains\[0\]\.restartpolicy there is no such option here; did you mean `restartPolicy`\? Allowed: `match`, /),
      '11:14 domains[0].trigger `sometimes` is not allowed; expected one of `alert`, `direct`',
      '13:30 domains[1].probes[0].address `{host}` is not a placeholder; only `{domain}` is',
      '13:46 domains[1].probes[0].port `70000` is not allowed; expected a whole number from 1 to 65535',
      '14:9 domains[1].probes[1].url is missing; expected text that is not empty',
    ]);
  });

  it('is placed where it should have been when something is missing', async () => {
    expect(await problems('web: {listen: ":1"}\n')).toEqual(['1:1 hosts is missing; expected a list of 1 to 10000 items']);
    expect(await problems('')).toEqual([expect.stringContaining('expected a group of options')]);
    expect(await problems('- 1\n')).toEqual(['1:1  expected a group of options']);
  });

  it('refuses the same option twice', async () => {
    expect(await problems(`${HOSTS}web: {listen: ":1"}\nweb: {listen: ":2"}\ndomains: [{managed: true, managed: false}]\n`)).toEqual([
      '4:1  `web` is given twice at the same level; keep one',
      '5:27  `managed` is given twice at the same level; keep one',
    ]);
  });

  it.each([
    ['a tab', 'hosts:\n\t- x\n', /tab is used/],
    ['a second document', `${HOSTS}---\n${HOSTS}`, /second document/],
    ['an unknown tag', `${HOSTS}web: !!js/function "x"\n`, /not valid YAML/],
    ['an unknown alias', `${HOSTS}web: *nowhere\n`, /3:6 {2}`\*nowhere` stands for nothing/],
    ['an open bracket', 'hosts: [', /not valid YAML/],
  ])('refuses %s', async (_what, text, message) => {
    expect((await problems(text)).join('\n')).toMatch(message);
  });

  it('bounds size, depth and what aliases stand for', async () => {
    expect(await problems(`${HOSTS}# ${'x'.repeat(4 * 1024 * 1024)}`)).toEqual([expect.stringContaining('larger than 4194304 bytes')]);
    for (const text of ['['.repeat(100_000), '{a: '.repeat(50_000), '- '.repeat(50_000), `a: ${'['.repeat(40)}${']'.repeat(40)}`]) {
      expect((await problems(text)).join('\n')).toContain('nested deeper than 32 levels');
    }
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]', ...Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} [${Array.from({ length: 9 }, () => `*a${index}`).join(', ')}]`)].join('\n');
    expect(await problems(bomb)).toEqual([expect.stringContaining('aliases stand for more than 10000 values')]);
    expect(await problems('a: &a [*a]\n')).toEqual([expect.stringContaining('aliases stand for more than')]);
  });

  it('needs no more time for many keys than for few', async () => {
    const text = Array.from({ length: 200_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect((await problems(text)).length).toBe(100);
  });

  it('does not let a key reach the prototype', async () => {
    expect((await problems(`${HOSTS}__proto__: {dryRun: true}\nconstructor: 1\n`)).join('\n')).toMatch(/there is no such option/);
    expect(({} as Record<string, unknown>).dryRun).toBeUndefined();
  });

  it('says what is the matter with the file itself', async () => {
    await expect(loadConfig(join(folder, 'none.yaml'))).rejects.toThrow(/none\.yaml: there is no such file/);
    await expect(loadConfig(folder)).rejects.toThrow(/not a regular file/);
    expect(await problems(Buffer.from([0x61, 0x3a, 0x20, 0xff]))).toEqual([expect.stringContaining('not text in UTF-8')]);
  });

  it('reads paths relative to the file', async () => {
    await writeFile(join(folder, 'inventory.yaml'), 'x: 1\n');
    const { config } = await load(`${HOSTS}store: {path: state/v.db}\ninventory: {file: inventory.yaml}\n`);
    expect([config.store.path, config.inventory?.file]).toEqual([join(folder, 'state/v.db'), join(folder, 'inventory.yaml')]);
    expect(predictionFolder(config)).toBe(join(folder, 'state/prediction'));
    expect(predictionFolder((await load(`${HOSTS}prediction: {folder: models}\n`)).config)).toBe(join(folder, 'models'));
    expect(await problems(`${HOSTS}inventory: {file: none.yaml}\n`)).toEqual([`3:19 inventory.file ${join(folder, 'none.yaml')} is not a file that can be read`]);
  });

  it('a time for training that never comes is named', async () => {
    expect(await problems(`${HOSTS}prediction:\n  training:\n    nightlyAt: "99 2 * * *"\n`)).toEqual([expect.stringMatching(/^5:16 prediction\.training\.nightlyAt expected a cron expression/)]);
  });
});

describe('tokens', () => {
  const control = (...tokens: string[]): string => `${HOSTS}control:\n  tokens:\n${tokens.map((token) => `    - {${token}, scopes: [admin]}\n`).join('')}`;

  it('are read from files', async () => {
    await secretFile('token', '  file-token-0123456789\n', 0o640);
    await symlink('token', join(folder, 'linked'));
    const { config } = await load(control('name: a, tokenFile: linked', 'name: b, token: inline-token-0123456789'));
    expect(config.control.tokens.map(({ token }) => token)).toEqual(['file-token-0123456789', 'inline-token-0123456789']);
  });

  it('are refused where others can read or write them', async () => {
    for (const mode of [0o644, 0o602, 0o620, 0o666]) {
      await secretFile('open', 'file-token-0123456789', mode);
      expect(await problems(control('name: a, tokenFile: open'))).toEqual([expect.stringMatching(/^5:28 control\.tokens\[0\]\.tokenFile .*too open \(mode 0[0-7]{3}\)/)]);
    }
  });

  it('are refused when the file is missing, empty, too long or no single token', async () => {
    await secretFile('short', 'tiny');
    await secretFile('two', 'first-token-0123456789\nsecond-token-0123456789');
    await secretFile('long', 'x'.repeat(5000));
    const found = await problems(control('name: a, tokenFile: none', 'name: b, tokenFile: short', 'name: c, tokenFile: two', 'name: d, tokenFile: long', 'name: e, tokenFile: /dev/null', 'name: f'));
    expect(found.map((problem) => problem.replace(/^\S+ \S+ /, '').replaceAll(`${folder}/`, ''))).toEqual([
      'none does not exist',
      'short holds 4 characters; a token has 16 to 512',
      'two holds something other than one token of printable ASCII characters',
      'long is larger than 4096 bytes',
      '/dev/null is not a regular file',
      'exactly one of `token` and `tokenFile` is needed',
    ]);
    expect(found.join()).not.toContain('first-token');
  });

  it('are never repeated in a message', async () => {
    const found = await problems(`${HOSTS}control:\n  tokens:\n    - {name: a, token: 12345678901234567890, scopes: [admin]}\n    - {name: b, token: hunter2, scopes: [root]}\n    - {name: b, token: same-token-0123456789, scopes: [read]}\n    - {name: c, token: same-token-0123456789, scopes: [read], tokenFile: x}\n`);
    expect(found.join('\n')).not.toMatch(/hunter2|same-token|1234567890123/);
    expect(found.map((problem) => problem.split(' ')[1])).toEqual(expect.arrayContaining(['control.tokens[0].token', 'control.tokens[1].token', 'control.tokens[1].scopes[0]', 'control.tokens[2].name', 'control.tokens[3].token', 'control.tokens[3]']));
  });

  it('in a file that everybody may read are warned of', async () => {
    await writeFile(file, control('name: a, token: inline-token-0123456789'));
    await chmod(file, 0o644);
    const { warnings } = await loadConfig(file);
    expect(warnings.map(({ line, path, message }) => [line, path, message])).toEqual([[4, 'control.tokens', expect.stringContaining('every user may read this file')]]);
  });
});

describe('warnings', () => {
  const warnings = async (rest: string): Promise<string[]> => (await load(HOSTS + rest)).warnings.map(({ line, path, message }) => `${line} ${path} ${message}`);

  it('tell of what is meant for the guest agent while that may not be used', async () => {
    const rest = `domains:
  - {managed: true, guestAgent: true}
apps:
  - {name: iis, match: {unit: x}, start: {agentCommand: [/x]}}
`;
    expect(await warnings(rest)).toEqual([
      '4 domains[0].guestAgent has no effect without `guest.agent: true`',
      '6 apps[0].start.agentCommand has no effect without `guest.agent: true`',
    ]);
    expect(await warnings(`${rest}guest:\n  agent: true\n`)).toEqual([]);
  });

  it('tell of selectors that can never match', async () => {
    expect(
      await warnings(`domains:
  - {match: {name: db-1}}
  - {match: {name: db-1, host: h1}}
  - {match: {name: "web-*"}}
  - {match: {name: web-7}}
  - {match: {host: "*"}}
  - {match: {name: x}}
  - {}
`),
    ).toEqual([
      expect.stringMatching(/^5 domains\[1\] can never match: domains\[0\] before it/),
      expect.stringMatching(/^7 domains\[3\] can never match: domains\[2\]/),
      expect.stringMatching(/^9 domains\[5\] can never match: domains\[4\]/),
      expect.stringMatching(/^10 domains\[6\] can never match: domains\[4\]/),
    ]);
  });

  it('tell of a host that does not exist', async () => {
    expect(await warnings('domains:\n  - {match: {host: h2}}\n  - {match: {host: "h*"}}\n')).toEqual(['4 domains[0].match.host no host has this name, so it can never match']);
  });

  it('tell of a control listener that Alertmanager cannot use, or that the network can read', async () => {
    expect(await warnings('control:\n  listen: ":9178"\n  tokens: [{name: a, token: inline-token-0123456789, scopes: [operate]}]\n')).toEqual([
      expect.stringContaining('no token has the scope `webhook`'),
      expect.stringContaining('cross the network unencrypted'),
    ]);
  });
});

describe('listeners', () => {
  it.each([['127.0.0.1:9177'], ['localhost:9177'], ['[::1]:9177']])('need ports of their own: %s', async (listen) => {
    expect(await problems(`${HOSTS}control: {listen: "${listen}"}\n`)).toEqual([expect.stringContaining('web.listen uses this port already')]);
  });

  it.each([['0.0.0.0:9178'], ['10.0.0.1:9178'], ['[::]:9178'], ['myhost:9178'], ['localhost.example:9178']])('stay on loopback without tokens: %s', async (listen) => {
    expect(await problems(`${HOSTS}control: {listen: "${listen}"}\n`)).toEqual([expect.stringContaining('control.tokens is needed')]);
  });

  it.each([['9178'], ['127.0.0.1'], ['127.0.0.1:65536'], ['[127.0.0.1]:1'], ['http://x:1']])('need an address: %s', async (listen) => {
    expect(await problems(`${HOSTS}web: {listen: "${listen}"}\n`)).toEqual([expect.stringContaining('expected `HOST:PORT`')]);
  });
});

describe('probes', () => {
  const probe = (text: string): string => `${HOSTS}domains: [{probes: [{${text}}]}]\n`;

  it('take a template', async () => {
    const { config } = await load(probe('type: http, url: "http://{domain}.example:8080/healthz?of={domain}"'));
    expect(config.domains[0]?.probes).toHaveLength(1);
  });

  it.each([
    'type: http, url: "https://{domain}/"',
    'type: http, url: "{domain}"',
    'type: http, url: "http://user:secret@{domain}/"',
    'type: http, url: "http://{name}/"',
    'type: tcp, address: "{domain}:80", port: 80, x: 1',
    'type: tcp, address: "http://{domain}", port: 80',
    'type: tcp, address: "{domain", port: 80',
  ])('refuse %s', async (text) => {
    const found = await problems(probe(text));
    expect(found.length).toBeGreaterThan(0);
    expect(found.join()).not.toContain('secret');
  });
});

describe('guest.helperFolder', () => {
  it('is a folder, by its absolute path', async () => {
    expect((await load(`${HOSTS}guest: {helperFolder: /run/virtmedic-helper}\n`)).config.guest.helperFolder).toBe('/run/virtmedic-helper');
    for (const given of ['helper', '""', '/run/two words', `/${'x'.repeat(80)}`]) {
      expect(await problems(`${HOSTS}guest:\n  helperFolder: ${given}\n`)).toEqual([expect.stringMatching(/^4:17 guest\.helperFolder expected an absolute path of at most 80 characters without blanks: the `runFolder` of the guest helper$/)]);
    }
  });
});

describe('loadYaml', () => {
  it('gives other files the same errors', async () => {
    const schema = z.strictObject({ domains: z.array(z.strictObject({ name: z.string() })) });
    await writeFile(file, 'domains:\n  - {name: a}\n  - {nam: b}\n');
    const error: unknown = await loadYaml(file, schema).catch((reason: unknown) => reason);
    expect((error as ConfigError).problems.map(({ line, path }) => [line, path])).toEqual([[3, 'domains[1].name'], [3, 'domains[1].nam']]);
  });
});
