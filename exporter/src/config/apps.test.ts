import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { optionsOf } from '../../docs/configuration.ts';
import { appsInMetadata, appsOption } from './apps.ts';
import { formatPath } from './errors.ts';
import { explainIssues, schemaNode } from './expected.ts';
import { configSchema } from './schema.ts';

const probe = configSchema.shape.domains.unwrap().element.shape.probes.unwrap().element;
const schema = z.strictObject({ apps: appsOption(probe) });

function problems(app: unknown): string[] {
  const value = { apps: [app] };
  const result = schema.safeParse(value);
  return result.success ? [] : explainIssues(schema, value, result.error.issues).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

describe('the option `apps`', () => {
  it('fills in what is left out', () => {
    expect(schema.parse({ apps: [{ name: 'web', match: { unit: 'nginx.service' } }] }).apps).toEqual([
      {
        name: 'web',
        domains: {},
        match: { unit: 'nginx.service' },
        processes: { minimum: 1 },
        probes: [],
        tolerate: { startSeconds: 120, absentSeconds: 2, stoppedSeconds: 10, stoppedUnansweredSeconds: 1, uninterruptibleSeconds: 120, outOfRangeLists: 5 },
        backlog: { enabled: true, seconds: 10, growth: 2 },
      },
    ]);
  });

  it('takes every option', () => {
    const all = {
      name: 'shop',
      domains: { name: 'shop-*', host: 'kvm?', uuid: '6F9619FF-8B86-D011-B42D-00C04FC964FF' },
      match: { unit: 'shop@*.service', executable: '/opt/*/bin/java', commandLine: '* -jar shop.jar*' },
      processes: { minimum: 2, maximum: 8 },
      memoryLimitBytes: 2 ** 32,
      port: 8080,
      start: { command: ['/usr/local/bin/start-shop', '--fast'] },
      probes: [
        { type: 'http', url: 'http://{domain}:8080/health' },
        { type: 'tcp', address: '{domain}', port: 8080 },
      ],
      tolerate: { startSeconds: 300, absentSeconds: 0, stoppedSeconds: 3, stoppedUnansweredSeconds: 2, uninterruptibleSeconds: 30, outOfRangeLists: 2 },
      backlog: { enabled: false, seconds: 3, growth: 1 },
    };
    expect(problems(all)).toEqual([]);
    const [app] = schema.parse({ apps: [all] }).apps;
    expect(app).toMatchObject({ ...all, domains: { uuid: '6f9619ff-8b86-d011-b42d-00c04fc964ff' }, probes: [{ failures: 3 }, { failures: 3 }] });
  });

  it('needs no match where a probe tells', () => {
    expect(problems({ name: 'iis', probes: [{ type: 'tcp', address: '{domain}', port: 80 }] })).toEqual([]);
  });

  it.each([
    ['nothing that tells', { name: 'a' }, 'apps[0].match: is missing; expected `match` or at least one of `probes`: otherwise nothing tells whether the app runs'],
    ['an empty match', { name: 'a', match: {} }, 'apps[0].match: expected at least one of `unit`, `executable`, `commandLine`'],
    ['a name with a blank', { name: 'a b', match: { unit: 'x' } }, 'apps[0].name: expected letters, digits, dots, underscores and hyphens, beginning with a letter or digit, at most 63'],
    ['fewer at most than at least', { name: 'a', match: { unit: 'x' }, processes: { minimum: 3, maximum: 2 } }, 'apps[0].processes.maximum: `2` is not allowed; expected at least `minimum`, which is 3'],
    ['a relative executable', { name: 'a', match: { executable: 'nginx' } }, 'apps[0].match.executable: expected an absolute path such as `/usr/sbin/nginx`, or a pattern that begins with `*` or `?`'],
    ['two ways to start', { name: 'a', match: { unit: 'x' }, start: { unit: 'x.service', command: ['/x'] } }, 'apps[0].start: expected exactly one of `unit`, `command` and `agentCommand`'],
    ['no way to start', { name: 'a', match: { unit: 'x' }, start: {} }, 'apps[0].start: expected exactly one of `unit`, `command` and `agentCommand`'],
    ['a relative command', { name: 'a', match: { unit: 'x' }, start: { command: ['x'] } }, 'apps[0].start.command[0]: expected an absolute path such as `/usr/local/bin/start-shop`'],
    ['a relative command of the agent', { name: 'a', match: { unit: 'x' }, start: { agentCommand: ['net.exe', 'start'] } }, 'apps[0].start.agentCommand[0]: expected an absolute path such as `C:\\app\\restart.exe` or'],
    ['a command of the agent beyond reason', { name: 'a', match: { unit: 'x' }, start: { agentCommand: ['/x', 'y'.repeat(4096)] } }, 'apps[0].start.agentCommand: expected at most 4096 characters in all'],
    ['a command of the agent with a NUL', { name: 'a', match: { unit: 'x' }, start: { agentCommand: ['/x', 'a\0b'] } }, 'apps[0].start.agentCommand[1]: expected text without a NUL character'],
    ['a port beyond all', { name: 'a', match: { unit: 'x' }, port: 65_536 }, 'apps[0].port: `65536` is not allowed; expected a whole number from 1 to 65535'],
    ['an unknown placeholder', { name: 'a', probes: [{ type: 'http', url: 'http://{host}/' }] }, 'apps[0].probes[0].url: `{host}` is not a placeholder; only `{domain}` is'],
    ['a misspelt option', { name: 'a', match: { unit: 'x' }, tolerate: { stopedSeconds: 1 } }, 'apps[0].tolerate.stopedSeconds: there is no such option here; did you mean `stoppedSeconds`?'],
  ])('refuses %s', (_, app, problem) => {
    expect(problems(app).map((text) => text.slice(0, problem.length))).toEqual([problem]);
  });

  it.each(['x.timer', 'x', '--force.service', '-x*.service', 'x y.service', 'x;reboot.service', `${'x'.repeat(193)}.service`])('starts no unit named %s', (unit) => {
    expect(problems({ name: 'a', match: { unit: 'x' }, start: { unit } })).toHaveLength(1);
  });

  it.each(['a b', '$(x)', "'", '"', 'a;b', 'a\nb', '`x`', 'a|b', '>x', 'ä', ''])('hands no shell the argument %j', (argument) => {
    expect(problems({ name: 'a', match: { unit: 'x' }, start: { command: ['/x', argument] } })).toHaveLength(1);
  });

  it('hands the guest agent any text as it is', () => {
    const agentCommand = ['C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe', '-Command', "Restart-Service -Force 'W3SVC' ä"];
    const iis = { name: 'iis', probes: [{ type: 'tcp', address: '{domain}', port: 80 }], start: { agentCommand } };
    expect([problems(iis), schema.parse({ apps: [iis] }).apps[0]?.start]).toEqual([[], { agentCommand }]);
  });

  it('bounds a command as a whole', () => {
    expect(problems({ name: 'a', match: { unit: 'x' }, start: { command: [`/${'x'.repeat(64)}`, 'y'.repeat(62)] } })).toEqual([]);
    expect(problems({ name: 'a', match: { unit: 'x' }, start: { command: [`/${'x'.repeat(64)}`, 'y'.repeat(63)] } })).toEqual([
      'apps[0].start.command: expected at most 128 characters in all; a longer command belongs into a script in the guest',
    ]);
  });

  it('explains every option', () => {
    const node = schemaNode(z.strictObject({ apps: appsOption(probe), appsInMetadata }));
    const options = Object.entries(node.properties ?? {}).flatMap(([name, part]) => optionsOf(name, part, false));
    expect(options.length).toBeGreaterThan(35);
    expect(options.filter(({ help }) => help === '').map(({ path }) => path)).toEqual([]);
  });
});
