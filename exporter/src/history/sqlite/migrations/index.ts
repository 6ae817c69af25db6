import { initial } from './0001-initial.ts';
import { spansAndOrigins } from './0002-spans-and-origins.ts';
import { forecastAtDetection } from './0003-forecast-at-detection.ts';
import { apps } from './0004-apps.ts';

/** SQL of each schema version, the first is version 1. Forward only: an entry that was released is never changed, only followed. */
export const MIGRATIONS: readonly string[] = [initial, spansAndOrigins, forecastAtDetection, apps];
