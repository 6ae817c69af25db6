/** Who asks: a stub of Grafana's login. The role is what a cookie or a header says. */
import type { IncomingMessage } from 'node:http';

export const ROLES = ['Viewer', 'Editor', 'Admin'] as const;
export type Role = (typeof ROLES)[number];

export interface User {
  login: string;
  role: Role;
}

export const ROLE_COOKIE = 'grafana_session';
/** For tests without a browser. */
export const ROLE_HEADER = 'x-test-role';

/** Null: nobody is signed in. */
export function userOf(request: IncomingMessage): User | null {
  const header = request.headers[ROLE_HEADER];
  const cookie = new RegExp(`(?:^|; *)${ROLE_COOKIE}=([A-Za-z]+)`).exec(request.headers.cookie ?? '')?.[1];
  const role = roleOf(typeof header === 'string' ? header : cookie);
  return role === null ? null : { login: role.toLowerCase(), role };
}

export function roleOf(text: string | null | undefined): Role | null {
  return ROLES.find((role) => role === text) ?? null;
}

/** Grafana's order of the roles of an organisation: each includes those before it. */
export function includes(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
