/**
 * `npm run plugin:locales`: collects the English texts of each plugin from its sources into `locales/en-US/<id>.json`, and says
 * what the other languages lack. With `--check` nothing is written.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fromNested, toNested, translationProblems } from './locales/nested.ts';
import { reachableFrom } from './locales/reachable.ts';
import { textsOf, type Texts } from './locales/texts.ts';

const PLUGIN = join(import.meta.dirname, '..');
const SOURCE = join(PLUGIN, 'src');
const ENGLISH = 'en-US';

/** The app and the two plugins in it, each with its module and its languages. */
const PLUGINS = [
  { folder: '', module: 'module.tsx' },
  { folder: 'panel', module: 'module.ts' },
  { folder: 'datasource', module: 'module.ts' },
];

interface Manifest {
  id: string;
  languages?: string[];
}

/** Texts of everything that a plugin's module loads. @throws Error as `textsOf`, or where two files give one key two texts */
export function collectTexts(entry: string): Texts {
  const all: Texts = new Map();
  for (const file of reachableFrom(entry)) {
    for (const [key, text] of textsOf(relative(PLUGIN, file), readFileSync(file, 'utf8'))) {
      const known = all.get(key);
      if (known !== undefined && known !== text) {
        throw new Error(`${relative(PLUGIN, file)}: the key ${key} has another text elsewhere: ${JSON.stringify(known)}`);
      }
      all.set(key, text);
    }
  }
  return all;
}

/** Returns what is wrong, a line each. Writes the English files unless `check`. */
export function updateLocales(check: boolean): string[] {
  return PLUGINS.flatMap(({ folder, module }) => {
    const manifest = JSON.parse(readFileSync(join(SOURCE, folder, 'plugin.json'), 'utf8')) as Manifest;
    const english = collectTexts(join(SOURCE, folder, module));
    const fileOf = (language: string): string => join(SOURCE, folder, 'locales', language, `${manifest.id}.json`);
    const languages = manifest.languages ?? [];
    const problems = languages.includes(ENGLISH) ? [] : [`${join(folder, 'plugin.json')}: languages lacks ${ENGLISH}`];
    const text = `${JSON.stringify(toNested(english), null, 2)}\n`;
    if (check) {
      const same = existsSync(fileOf(ENGLISH)) && readFileSync(fileOf(ENGLISH), 'utf8') === text;
      problems.push(...(same ? [] : [`${relative(PLUGIN, fileOf(ENGLISH))} is not what the sources say: npm run plugin:locales`]));
    } else {
      mkdirSync(dirname(fileOf(ENGLISH)), { recursive: true });
      writeFileSync(fileOf(ENGLISH), text);
    }
    const translations = languages.filter((language) => language !== ENGLISH);
    return [...problems, ...translations.flatMap((language) => problemsOfFile(fileOf(language), english))];
  });
}

function problemsOfFile(file: string, english: Texts): string[] {
  const name = relative(PLUGIN, file);
  if (!existsSync(file)) {
    return [`${name} is missing`];
  }
  try {
    return translationProblems(english, fromNested(JSON.parse(readFileSync(file, 'utf8')))).map((problem) => `${name}: ${problem}`);
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

if (import.meta.main) {
  const problems = updateLocales(process.argv.includes('--check'));
  for (const problem of problems) {
    console.error(problem);
  }
  process.exitCode = problems.length > 0 ? 1 : 0;
}
