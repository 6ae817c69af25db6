import type { AppPluginMeta } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { APP_ID } from '../constants';

export const DEFAULT_CONTROL_URL = 'http://127.0.0.1:9178';

/** Kept by Grafana in the clear. */
export interface AppJsonData {
  controlUrl?: string;
}

/** As it is entered. */
export interface AppSettings {
  controlUrl: string;
  /** Null: the stored one stays. */
  operateToken: string | null;
}

/** Why the URL cannot be used; null: it can. Routes put a path after it, so it has none of its own but perhaps a prefix. */
export function urlFault(text: string): 'empty' | 'not_http' | 'has_more' | null {
  if (text.trim() === '') {
    return 'empty';
  }
  const url = parseUrl(text.trim());
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    return 'not_http';
  }
  return url.search === '' && url.hash === '' && url.username === '' && url.password === '' ? null : 'has_more';
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Without spaces around it and without a slash at its end, which the routes bring. */
export function cleanUrl(text: string): string {
  return text.trim().replace(/\/+$/, '');
}

/** Replaces what Grafana keeps for the app. The token is sent only where it was entered. */
export async function saveSettings(meta: AppPluginMeta<AppJsonData>, { controlUrl, operateToken }: AppSettings, enabled: boolean): Promise<void> {
  const data = {
    enabled,
    pinned: enabled && (meta.pinned ?? true),
    jsonData: { ...meta.jsonData, controlUrl: cleanUrl(controlUrl) },
    ...(operateToken === null ? {} : { secureJsonData: { operateToken } }),
  };
  await lastValueFrom(getBackendSrv().fetch({ url: `/api/plugins/${APP_ID}/settings`, method: 'POST', data, showErrorAlert: false }));
}
