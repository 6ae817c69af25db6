/** Which Grafana the plugin is for, and what levitate says of that. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** The oldest Grafana whose packages have all that the plugin uses. */
export const OLDEST_GRAFANA = '13.0.0';
/** What every plugin.json says. */
export const GRAFANA_DEPENDENCY = `>=${OLDEST_GRAFANA}`;

const PACKAGES = ['@grafana/data', '@grafana/ui', '@grafana/runtime'];
/** What the modules' types need to be understood. */
const LINKED = [
  ...PACKAGES,
  '@grafana/schema',
  '@grafana/i18n',
  '@emotion/css',
  'react',
  'react-dom',
  'react-router-dom',
  'rxjs',
  '@types/react',
];
const MODULES = ['module', 'panel/module', 'datasource/module'];
const REGISTRY_TIMEOUT_MS = 20_000;
const LEVITATE_TIMEOUT_MS = 100_000;

export interface Compatibility {
  state: 'compatible' | 'incompatible' | 'skipped' | 'failed';
  /** For people: what was compared, or why not. */
  text: string;
  problems: string[];
}

/** Compares what the plugin's modules use with the packages of `version`. */
export async function checkCompatibility(plugin: string, version: string = OLDEST_GRAFANA): Promise<Compatibility> {
  const modules = join(plugin, '..', 'node_modules');
  const folder = mkdtempSync(join(tmpdir(), 'levitate-'));
  try {
    const reached = await run('npm', ['view', `${PACKAGES[0]}@${version}`, 'version'], folder, REGISTRY_TIMEOUT_MS);
    if (!reached.stdout.includes(version)) {
      return { state: 'skipped', text: 'levitate skipped: registry not reachable', problems: [] };
    }
    makeProject(folder, plugin, modules);
    const target = PACKAGES.map((name) => `${name}@${version}`).join(',');
    const levitate = join(modules, '@grafana/levitate/dist/bin.js');
    const said = await run(
      process.execPath,
      [levitate, 'is-compatible', '--path', 'src/all.ts', '--target', target],
      folder,
      LEVITATE_TIMEOUT_MS
    );
    return judge(said.stdout.replaceAll(`${folder}/`, ''), version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** levitate asks npm for the installed versions, and npm shows those of a workspace only from a project of its own. */
function makeProject(folder: string, plugin: string, modules: string): void {
  cpSync(join(plugin, 'src'), join(folder, 'src'), { recursive: true, filter: (path) => !/\.test\.tsx?$/.test(path) });
  writeFileSync(join(folder, 'src/all.ts'), MODULES.map((module) => `import './${module}';\n`).join(''));
  const { dependencies } = JSON.parse(readFileSync(join(plugin, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const used = Object.fromEntries(PACKAGES.map((name) => [name, dependencies[name]]));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'compared', version: '0.0.0', private: true, dependencies: used })
  );
  for (const name of LINKED) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
    symlinkSync(join(modules, name), join(folder, 'node_modules', name));
  }
}

/**
 * Reads levitate's words. Its exit status does not tell: it is 0 where a package was left out, and 1 for changes in which it finds
 * no difference.
 */
export function judge(output: string, version: string): Compatibility {
  const problems = [...output.matchAll(/^\s*\d+\) (Removed|Changed) (.+)$/gm)].map(
    ([, what, where]) => `${what} since ${version}: ${where}`
  );
  const compared = PACKAGES.filter((name) => wasCompared(output, name, version));
  const left = PACKAGES.filter((name) => !compared.includes(name));
  if (left.length > 0) {
    return {
      state: 'failed',
      text: `levitate did not compare ${left.join(', ')}`,
      problems: [...problems, output.trim().slice(-2000)],
    };
  }
  const counted = [...output.matchAll(/INCOMPATIBILITIES \((\d+)\)/g)].reduce(
    (sum, match) => sum + Number(match[1]),
    0
  );
  const unnamed = Math.max(0, counted - problems.length);
  const note =
    unnamed === 0
      ? ''
      : `; ${unnamed} use(s) of types that are written otherwise there, without a difference that it can show`;
  const text = `levitate: what the plugin uses of ${PACKAGES.join(', ')}, compared with ${version}${note}`;
  return { state: problems.length > 0 ? 'incompatible' : 'compatible', text, problems };
}

/** It writes its progress and its findings to two streams, so their order says nothing. */
function wasCompared(output: string, name: string, version: string): boolean {
  const progress = `Installed ${name}@${version} successfully\n- Detecting changes between versions\n✔ Successfully compared versions`;
  const left = [`Skipping package ${name} `, `Could not process the package ${name}`];
  return output.includes(progress) && !left.some((words) => output.includes(words));
}

interface Said {
  stdout: string;
}

/** Never fails: what it said tells. */
function run(program: string, args: string[], cwd: string, timeout: number): Promise<Said> {
  const { promise, resolve } = Promise.withResolvers<Said>();
  const env = {
    ...process.env,
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    // levitate keeps the packages there.
    TMPDIR: cwd,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    // Set by npm for the workspace; this is another project.
    npm_config_workspace: undefined,
    npm_config_local_prefix: undefined,
  };
  execFile(
    program,
    args,
    { cwd, env, timeout, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
    (_error, stdout, stderr) => resolve({ stdout: `${stdout}\n${stderr}` })
  );
  return promise;
}
