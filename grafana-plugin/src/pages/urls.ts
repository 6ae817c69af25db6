import { APP_ID } from '../constants';

/** Address of a page of the app, below Grafana's own. */
export function pageUrl(path: string): string {
  return `/a/${APP_ID}/${path}`;
}

export const CONFIGURATION_URL = `/plugins/${APP_ID}?page=configuration`;
