import { APP_ID } from '../constants';

/** Address of a page of the app, below Grafana's own. */
export function pageUrl(path: string): string {
  return `/a/${APP_ID}/${path}`;
}

/** The dashboard that all roles may see. */
export const OVERVIEW_URL = '/d/virtmedic-overview';
