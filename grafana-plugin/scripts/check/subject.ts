/** What is checked: the archive as users get it, and what of the repository belongs to it. */
export interface Subject {
  /** Name of the archive file. */
  archiveName: string;
  /** Every file in the archive, by its whole path. */
  archive: ReadonlyMap<string, Buffer>;
  /** The first folder in the archive. */
  root: string;
  /** Files below `root`, by their path from there. */
  files: ReadonlyMap<string, Buffer>;
  /** Every plugin.json that could be read, by its path; the first is the app's. */
  manifests: ReadonlyMap<string, Manifest>;
  repository: Repository;
}

export interface Repository {
  packageVersion: string;
  webpackConfig: string;
  /** Files below `src`, by their path from there. */
  sources: ReadonlyMap<string, string>;
  /** Files that tell people or Grafana which plugins may be loaded unsigned, by name. */
  unsignedLists: ReadonlyMap<string, string>;
}

export type Manifest = Readonly<Record<string, unknown>>;

export interface Rule {
  id: string;
  /** What it asks for. */
  about: string;
  /** What is wrong, a line each; empty: nothing. */
  check(subject: Subject): string[];
}

export const MAIN = 'plugin.json';

export function toSubject(archiveName: string, archive: ReadonlyMap<string, Buffer>, repository: Repository): Subject {
  const root = [...archive.keys()][0]?.split('/')[0] ?? '';
  const files = new Map(
    [...archive]
      .filter(([path]) => path.startsWith(`${root}/`))
      .map(([path, content]) => [path.slice(root.length + 1), content])
  );
  const paths = [...files.keys()]
    .filter((path) => path === MAIN || path.endsWith(`/${MAIN}`))
    .sort((a, b) => a.length - b.length);
  const manifests = new Map(
    paths.flatMap((path) => [...objectIn(files.get(path))].map((manifest) => [path, manifest] as const))
  );
  return { archiveName, archive, root, files, manifests, repository };
}

function objectIn(content: Buffer | undefined): Manifest[] {
  try {
    const value: unknown = JSON.parse(content?.toString('utf8') ?? '');
    return isObject(value) ? [value] : [];
  } catch {
    return [];
  }
}

export function isObject(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What lies at a path like `info.logos.small`; undefined: nothing. */
export function at(manifest: Manifest | undefined, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), manifest);
}

export function textAt(manifest: Manifest | undefined, path: string): string {
  const value = at(manifest, path);
  return typeof value === 'string' ? value : '';
}

export function listAt(manifest: Manifest | undefined, path: string): unknown[] {
  const value = at(manifest, path);
  return Array.isArray(value) ? value : [];
}

/** Path of a file that a plugin.json names, from the archive's root. */
export function besides(manifestPath: string, path: string): string {
  return manifestPath.slice(0, -MAIN.length) + path;
}

export function textOf(subject: Subject, path: string): string {
  return subject.files.get(path)?.toString('utf8') ?? '';
}
