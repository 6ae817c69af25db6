import { config } from '@grafana/runtime';

const FALLBACK = 'en-US';

/** The language of the person at the screen, as Grafana knows it; one that the browser can't format falls back to English. */
export function userLanguage(): string {
  const language: unknown = config.bootData?.user?.language;
  if (typeof language !== 'string' || language === '') {
    return FALLBACK;
  }
  try {
    return Intl.NumberFormat.supportedLocalesOf(language)[0] ?? FALLBACK;
  } catch {
    return FALLBACK;
  }
}
