import { config } from '@grafana/runtime';

/** What a person may do here. It decides what is shown only: Grafana's proxy checks each request again. */
export type Role = 'viewer' | 'editor' | 'admin';

/** The role of the person at the screen. A role that is not known is that of a viewer. */
export function currentRole(): Role {
  const user = config.bootData?.user;
  if (user?.isGrafanaAdmin === true || user?.orgRole === 'Admin') {
    return 'admin';
  }
  return user?.orgRole === 'Editor' ? 'editor' : 'viewer';
}
