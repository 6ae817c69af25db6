import { config } from '@grafana/runtime';

const FALLBACK = 'en-US';

/** The language of the person at the screen, as Grafana knows it; one that the browser can't format falls back to English. */
export function userLanguage(): string {
  const language: unknown = config.bootData?.user?.language;
  if (typeof language !== 'string' || language === '') {
    return FALLBACK;
  }
  if (known?.asked !== language) {
    known = { asked: language, usable: usable(language) };
  }
  return known.usable;
}

/** Asked for with every number that is shown. */
let known: { asked: string; usable: string } | null = null;

function usable(language: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf(language)[0] ?? FALLBACK;
  } catch {
    return FALLBACK;
  }
}
