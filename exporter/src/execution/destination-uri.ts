import { parseLibvirtUri } from '../libvirt/index.ts';

/**
 * The URI by which another host's daemon reaches this one: the one configured for that, else its own where that goes over the
 * network. Null: none is known; a unix socket is reached from its own machine only.
 */
export function destinationUri({ uri, migrationUri }: { uri: string; migrationUri?: string | undefined }): string | null {
  if (migrationUri !== undefined) return migrationUri;
  try {
    return parseLibvirtUri(uri).address.kind === 'tcp' ? uri : null;
  } catch {
    return null;
  }
}
