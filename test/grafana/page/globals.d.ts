declare module 'systemjs/dist/system.js';
declare module 'systemjs/dist/extras/amd.js';
declare module 'systemjs/dist/extras/named-register.js';

interface SystemLoader {
  import(url: string): Promise<Record<string, unknown>>;
  set(id: string, module: object): void;
  addImportMap(map: { imports: Record<string, string> }): void;
  constructor: { prototype: { shouldFetch: () => boolean } };
}

interface Window {
  System: SystemLoader;
  grafanaBootData: import('./boot.ts').BootData;
  __grafana_public_path__: string;
  host: import('./host.ts').Host;
}
