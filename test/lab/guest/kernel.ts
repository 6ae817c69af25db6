/** A Debian kernel package as apt knows it, for example `linux-image-6.1.0-56-cloud-amd64`, `6.1.192-2`. */
export interface KernelPackage {
  name: string;
  version: string;
}

/** The versions that `apt-cache policy` would install, by package. */
export function candidateVersions(policy: string): Map<string, string> {
  const entries = policy.matchAll(/^(\S+):\n\s+Installed: .*\n\s+Candidate: (\S+)$/gm);
  return new Map([...entries].map((entry) => [entry[1] ?? '', entry[2] ?? ''] as const).filter(([, version]) => version !== '(none)'));
}

/** File names and dependency lists mix `-` and `_` freely. */
function canonical(moduleName: string): string {
  return moduleName.replaceAll('-', '_');
}

/** The `depends=` entry of a module's .modinfo section: the modules that must be loaded before it. */
export function moduleDependencies(module: Buffer): string[] {
  const start = module.indexOf('\0depends=');
  if (start < 0) return [];
  const from = start + '\0depends='.length;
  const list = module.toString('latin1', from, module.indexOf(0, from));
  return list === '' ? [] : list.split(',').map(canonical);
}

/** Every wanted module after all that it depends on, each once. */
export async function loadOrder(wanted: readonly string[], dependenciesOf: (name: string) => Promise<string[]>): Promise<string[]> {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const dependency of await dependenciesOf(name)) await visit(dependency);
    order.push(name);
  };
  for (const name of wanted) await visit(name);
  return order;
}
