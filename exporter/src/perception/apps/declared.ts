/** Which apps are declared for a domain. */
import type { AppConfig, AppDeclaration } from '../../config/apps.ts';
import { MOST_APPS_OF_A_DOMAIN } from '../../config/apps.ts';
import { globMatches } from '../../policy/glob.ts';

export interface DeclaredApp {
  app: AppDeclaration;
  declaredBy: 'configuration' | 'metadata';
}

/** Names are unique: the first declaration rules, and the configuration rules over the domain's metadata. */
export function declaredApps(apps: readonly AppConfig[], domain: { uuid: string; name: string; host: string }, fromMetadata: readonly AppDeclaration[]): DeclaredApp[] {
  const declared = new Map<string, DeclaredApp>();
  const add = (app: AppDeclaration, declaredBy: DeclaredApp['declaredBy']): void => {
    if (!declared.has(app.name) && declared.size < MOST_APPS_OF_A_DOMAIN) declared.set(app.name, { app, declaredBy });
  };
  for (const app of apps) if (isFor(app.domains, domain)) add(app, 'configuration');
  for (const app of fromMetadata) add(app, 'metadata');
  return [...declared.values()];
}

function isFor({ name, host, uuid }: AppConfig['domains'], domain: { uuid: string; name: string; host: string }): boolean {
  return (name === undefined || globMatches(name, domain.name)) && (host === undefined || globMatches(host, domain.host)) && (uuid === undefined || uuid === domain.uuid.toLowerCase());
}
