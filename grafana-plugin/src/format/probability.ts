import { t } from '@grafana/i18n';
import { userLanguage } from './language';
import { AS_TEXT } from './text';

const LEAST = 0.01;

/**
 * A probability for people, in whole percent. What is rounded away is said: `< 1%` is not never, `> 99%` is not certain. None: a dash.
 */
export function formatProbability(probability: number | null | undefined): string {
  if (typeof probability !== 'number' || !Number.isFinite(probability)) {
    return '–';
  }
  if (probability > 0 && probability < LEAST) {
    return t('format.probability.below', '< {{value}}', { value: percent(LEAST), ...AS_TEXT });
  }
  if (probability > 1 - LEAST && probability < 1) {
    return t('format.probability.above', '> {{value}}', { value: percent(1 - LEAST), ...AS_TEXT });
  }
  return percent(probability);
}

function percent(share: number): string {
  return new Intl.NumberFormat(userLanguage(), { style: 'percent', maximumFractionDigits: 0 }).format(share);
}
