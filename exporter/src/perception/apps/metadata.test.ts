import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APPS_NAMESPACE, appsFromMetadata, formatMetadataProblem } from './metadata.ts';

const apps = (inner: string) => `<domain><metadata><v:apps xmlns:v="${APPS_NAMESPACE}">${inner}</v:apps></metadata></domain>`;
const problemsOf = (inner: string) => appsFromMetadata('web-1', apps(inner)).problems.map(formatMetadataProblem);

describe('appsFromMetadata', () => {
  it('reads every option', () => {
    const xml = apps(`
      <v:app name="shop" port="8080">
        <v:memoryLimitBytes>4294967296</v:memoryLimitBytes>
        <v:match executable="/opt/*/bin/java" commandLine="* -jar shop.jar &amp;*"/>
        <v:processes minimum="2" maximum="8"/>
        <v:start command="/usr/local/bin/start-shop --fast"/>
        <v:probe type="http" url="http://{domain}:8080/" status="200 204" failures="5" timeoutSeconds="1.5"/>
        <v:probe type="tcp" address="{domain}" port="8080"/>
        <v:tolerate stoppedSeconds="3"/>
        <v:backlog enabled="false" growth="1"/>
      </v:app>
      <v:app name="ftp"><v:match><v:unit>vsftpd.service</v:unit></v:match></v:app>`);
    const { apps: found, problems } = appsFromMetadata('web-1', xml);
    expect(problems).toEqual([]);
    expect(found).toEqual([
      {
        name: 'shop',
        port: 8080,
        memoryLimitBytes: 4_294_967_296,
        match: { executable: '/opt/*/bin/java', commandLine: '* -jar shop.jar &*' },
        processes: { minimum: 2, maximum: 8 },
        start: { command: ['/usr/local/bin/start-shop', '--fast'] },
        probes: [
          { type: 'http', url: 'http://{domain}:8080/', status: [200, 204], failures: 5, timeoutSeconds: 1.5, intervalSeconds: 5 },
          { type: 'tcp', address: '{domain}', port: 8080, failures: 3, timeoutSeconds: 2, intervalSeconds: 5 },
        ],
        tolerate: { startSeconds: 120, absentSeconds: 2, stoppedSeconds: 3, stoppedUnansweredSeconds: 1, uninterruptibleSeconds: 120, outOfRangeLists: 5 },
        backlog: { enabled: false, seconds: 10, growth: 1 },
      },
      {
        name: 'ftp',
        match: { unit: 'vsftpd.service' },
        processes: { minimum: 1 },
        probes: [],
        tolerate: { startSeconds: 120, absentSeconds: 2, stoppedSeconds: 10, stoppedUnansweredSeconds: 1, uninterruptibleSeconds: 120, outOfRangeLists: 5 },
        backlog: { enabled: true, seconds: 10, growth: 2 },
      },
    ]);
  });

  it('reads the element alone, as virDomainGetMetadata gives it', () => {
    expect(appsFromMetadata('d', '<apps><app name="ftp"><match unit="vsftpd.service"/></app></apps>').apps).toMatchObject([{ name: 'ftp', match: { unit: 'vsftpd.service' } }]);
  });

  it('finds nothing where nothing is declared', () => {
    expect(appsFromMetadata('d', '<domain><metadata><n:instance xmlns:n="n"/></metadata></domain>')).toEqual({ apps: [], problems: [] });
  });

  it.each([
    ['a port that is none', '<v:app name="a" port="http"><v:match unit="x"/></v:app>', 'domain web-1: apps.app[0].port: `http` is not allowed; expected a whole number from 1 to 65535'],
    ['an unknown attribute', '<v:app name="a" ports="1"><v:match unit="x"/></v:app>', 'domain web-1: apps.app[0].ports: there is no such option here; did you mean `port`? Allowed: `name`, `match`, `processes`,'],
    ['an unknown element', '<v:app name="a"><v:match unit="x" user="y"/></v:app>', 'domain web-1: apps.app[0].match.user: there is no such option here. Allowed: `unit`, `executable`, `commandLine`'],
    ['another word for yes', '<v:app name="a"><v:match unit="x"/><v:backlog enabled="yes"/></v:app>', 'domain web-1: apps.app[0].backlog.enabled: expected `true` or `false`'],
    ['a value twice', '<v:app name="a" port="1"><v:port>2</v:port><v:match unit="x"/></v:app>', 'domain web-1: apps.app[0].port: is given twice; keep one'],
    ['a group twice', '<v:app name="a"><v:match unit="x"/><v:match unit="y"/></v:app>', 'domain web-1: apps.app[0].match: is given twice; keep one'],
    ['text between', '<v:app name="a">x<v:match unit="x"/></v:app>', 'domain web-1: apps.app[0]: text is not allowed here; expected a group of options'],
    ['a value with an attribute', '<v:app name="a"><v:port x="1">2</v:port><v:match unit="x"/></v:app>', 'domain web-1: apps.app[0].port.x: there is no such option here; expected text alone'],
    ['a probe of an unknown kind', '<v:app name="a"><v:probe type="ping" address="x"/></v:app>', 'domain web-1: apps.app[0].probes[0].type: `ping` is not allowed; expected `tcp`, or `http`'],
    ['a shell', '<v:app name="a"><v:match unit="x"/><v:start command="/bin/sh -c $(x)"/></v:app>', 'domain web-1: apps.app[0].start.command[2]: expected letters, digits and'],
    ['another element', '<v:application name="a"/>', 'domain web-1: apps.application: there is no such element here. Allowed: `app`'],
  ])('tells of %s', (_, inner, problem) => {
    const { apps: found } = appsFromMetadata('web-1', apps(`${inner}<v:app name="good"><v:match unit="y"/></v:app>`));
    expect(problemsOf(inner).map((text) => text.slice(0, problem.length))).toEqual([problem]);
    expect(found.map(({ name }) => name)).toEqual(['good']);
  });

  it('keeps the first of two of one name', () => {
    const both = appsFromMetadata('d', apps('<v:app name="a"><v:match unit="x"/></v:app><v:app name="a"><v:match unit="y"/></v:app>'));
    expect(both.apps.map(({ match }) => match)).toEqual([{ unit: 'x' }]);
    expect(both.problems.map(formatMetadataProblem)).toEqual(['domain d: apps.app[1].name: `a` is declared before already; names are unique in a domain']);
  });

  it('bounds their number', () => {
    const many = appsFromMetadata('d', apps(Array.from({ length: 40 }, (_, index) => `<v:app name="a${index}"><v:match unit="x"/></v:app>`).join('')));
    expect(many.apps).toHaveLength(32);
    expect(many.problems.map(({ path }) => path)).toEqual(['apps.app[32]']);
  });

  it('tells of a document that cannot be read', () => {
    expect(appsFromMetadata('a b\n', '<domain>').problems.map(formatMetadataProblem)[0]).toMatch(/^domain "a b\\n": metadata: not well-formed at line 1: /);
  });

  it('reads no other element in its namespace', () => {
    const { problems } = appsFromMetadata('d', `<domain><metadata><v:services xmlns:v="${APPS_NAMESPACE}"/></metadata></domain>`);
    expect(problems.map(({ message }) => message)).toEqual(['`services` is not known in the namespace urn:virtmedic:apps:1; expected `apps`']);
  });

  it('never throws, and what it returns is bounded', () => {
    const word = fc.constantFrom('app', 'name', 'match', 'unit', 'port', 'probe', 'probes', 'type', 'tcp', 'http', 'status', 'start', 'command', 'toString', 'constructor', 'hasOwnProperty', 'valueOf', 'tolerate', 'minimum', 'domains');
    const text = fc.oneof(word, fc.string({ unit: fc.constantFrom('a', '/', '*', '1', '.', ' ', '-'), maxLength: 12 }), fc.integer().map(String));
    const { element } = fc.letrec<{ element: string }>((tie) => ({
      element: fc.tuple(word, fc.uniqueArray(word, { maxLength: 4 }), text, fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('element'), { maxLength: 3 })), text).map(
        ([name, attributes, value, children, inner]) => `<v:${name}${attributes.map((attribute) => ` ${attribute}="${value}"`).join('')}>${children.join('')}${inner}</v:${name}>`,
      ),
    }));
    fc.assert(
      fc.property(fc.array(element, { maxLength: 4 }), (elements) => {
        const { apps: found, problems } = appsFromMetadata('d', apps(elements.join('')));
        expect(found.length).toBeLessThanOrEqual(32);
        expect(problems.length).toBeLessThanOrEqual(100);
        expect(problems.every(({ path, message }) => path !== '' && message.length < 2_000)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
