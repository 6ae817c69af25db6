import { open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { check } from './checks.ts';
import type { Finding } from './checks.ts';
import { ConfigError } from './errors.ts';
import type { ConfigProblem } from './errors.ts';
import { explainIssues } from './expected.ts';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';
import { readSecretFile } from './secret-file.ts';
import { MAX_FILE_BYTES, parseYaml } from './yaml.ts';
import type { YamlFile } from './yaml.ts';

const MAX_PROBLEMS = 100;
const TOKEN_LENGTH = { least: 16, most: 512 };

export interface LoadedConfig {
  /** Every token of `control.tokens` is filled in, also where a file holds it; relative paths are absolute. */
  config: Config;
  /** Doubtful, but usable. */
  warnings: ConfigProblem[];
}

/**
 * Reads and checks the configuration file and the files that it names. Throws ConfigError with every problem: file, line,
 * column, path, what is wrong and what is allowed.
 */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const yaml = parseYaml(await readTextFile(file), file);
  const result = configSchema.safeParse(yaml.value);
  const schemaErrors = result.success ? [] : explain(yaml, configSchema, result.error);
  const findings = check(yaml.value);
  const place = (finding: Finding): ConfigProblem => yaml.problem(finding.path, finding.message);
  const known = new Set(schemaErrors.map((problem) => problem.path));
  const errors = [
    ...schemaErrors,
    ...findings
      .filter((finding) => finding.severity === 'error')
      .map(place)
      .filter((problem) => !known.has(problem.path)),
  ];
  const warnings = findings.filter((finding) => finding.severity === 'warning').map(place);
  if (!result.success) throw new ConfigError(inOrder(errors));

  const folder = dirname(resolve(file));
  const config = withAbsolutePaths(result.data, folder);
  const files = await readNamedFiles(config, yaml);
  if (await isOpenToOthers(file, config)) {
    warnings.push(yaml.problem(['control', 'tokens'], 'holds tokens, but every user may read this file; chmod 0600 it or use `tokenFile`', 'key'));
  }
  const all = [...errors, ...files.errors];
  if (all.length > 0) throw new ConfigError(inOrder(all));
  return { config: { ...config, control: { ...config.control, tokens: files.tokens } }, warnings };
}

/**
 * Reads another YAML file of the operator, such as the inventory, with the same bounds and the same errors as the
 * configuration file.
 */
export async function loadYaml<S extends z.ZodType>(file: string, schema: S): Promise<z.output<S>> {
  const yaml = parseYaml(await readTextFile(file), file);
  const result = schema.safeParse(yaml.value);
  if (!result.success) throw new ConfigError(inOrder(explain(yaml, schema, result.error)));
  return result.data;
}

function explain(yaml: YamlFile, schema: z.ZodType, error: z.ZodError): ConfigProblem[] {
  return explainIssues(schema, yaml.value, error.issues).map(({ path, message, at }) => yaml.problem(path, message, at));
}

async function readTextFile(file: string): Promise<string> {
  const fail = (message: string): never => {
    throw new ConfigError([{ file, line: null, column: null, path: '', message }]);
  };
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => fail(error.code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${error.message}`));
  try {
    const status = await handle.stat();
    if (!status.isFile()) fail('is not a regular file');
    if (status.size > MAX_FILE_BYTES) fail(`larger than ${MAX_FILE_BYTES} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
  } catch (error) {
    return error instanceof TypeError ? fail('is not text in UTF-8') : fail((error as Error).message);
  } finally {
    await handle.close();
  }
}

function withAbsolutePaths(config: Config, folder: string): Config {
  return {
    ...config,
    store: { ...config.store, path: resolve(folder, config.store.path) },
    ...(config.prediction.folder === undefined ? {} : { prediction: { ...config.prediction, folder: resolve(folder, config.prediction.folder) } }),
    ...(config.inventory === undefined ? {} : { inventory: { file: resolve(folder, config.inventory.file) } }),
    control: {
      ...config.control,
      tokens: config.control.tokens.map((token) => (token.tokenFile === undefined ? token : { ...token, tokenFile: resolve(folder, token.tokenFile) })),
    },
  };
}

type Tokens = Config['control']['tokens'];

async function readNamedFiles(config: Config, yaml: YamlFile): Promise<{ tokens: Tokens; errors: ConfigProblem[] }> {
  const errors: ConfigProblem[] = [];
  const tokens: Tokens = [];
  const seen = new Map<string, number>();
  for (const [index, token] of config.control.tokens.entries()) {
    const path = ['control', 'tokens', index, token.tokenFile === undefined ? 'token' : 'tokenFile'];
    try {
      const secret = token.tokenFile === undefined ? (token.token ?? '') : await readTokenFile(token.tokenFile);
      const before = seen.get(secret);
      if (before !== undefined && token.tokenFile !== undefined) errors.push(yaml.problem(path, `control.tokens[${before}] is the same token`));
      seen.set(secret, before ?? index);
      tokens.push({ ...token, token: secret });
    } catch (error) {
      errors.push(yaml.problem(path, (error as Error).message));
    }
  }
  if (config.inventory !== undefined) {
    const readable = await stat(config.inventory.file).then((status) => status.isFile(), () => false);
    if (!readable) errors.push(yaml.problem(['inventory', 'file'], `${config.inventory.file} is not a file that can be read`));
  }
  return { tokens, errors };
}

async function readTokenFile(file: string): Promise<string> {
  const secret = await readSecretFile(file).catch((error: Error) => {
    throw new Error(`${file} ${error.message}`);
  });
  if (secret.length < TOKEN_LENGTH.least || secret.length > TOKEN_LENGTH.most) {
    throw new Error(`${file} holds ${secret.length} characters; a token has ${TOKEN_LENGTH.least} to ${TOKEN_LENGTH.most}`);
  }
  if (!/^[\x21-\x7e]+$/.test(secret)) throw new Error(`${file} holds something other than one token of printable ASCII characters`);
  return secret;
}

async function isOpenToOthers(file: string, config: Config): Promise<boolean> {
  if (!config.control.tokens.some((token) => token.tokenFile === undefined)) return false;
  return ((await stat(file)).mode & 0o007) !== 0;
}

function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...problems].sort((left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0)).slice(0, MAX_PROBLEMS);
}
