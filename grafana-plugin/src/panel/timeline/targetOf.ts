import { t } from '@grafana/i18n';
import { AS_TEXT } from '../../format/text';
import type { RecoveryItem } from '../model/types';

/** What a recovery is about, for people: `nginx in web-3 on h1`, `web-3 on h1`, `h1`. */
export function targetOf({ app, domain, host }: Pick<RecoveryItem, 'app' | 'domain' | 'host'>): string {
  if (domain === '') {
    return app === '' ? host : t('panel.timeline.app-on-host', '{{app}} on {{host}}', { app, host, ...AS_TEXT });
  }
  const where =
    host === '' ? domain : t('panel.timeline.domain-on-host', '{{domain}} on {{host}}', { domain, host, ...AS_TEXT });
  return app === '' ? where : t('panel.timeline.app-in-domain', '{{app}} in {{where}}', { app, where, ...AS_TEXT });
}
