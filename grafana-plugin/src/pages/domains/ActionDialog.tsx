import { t } from '@grafana/i18n';
import React, { useMemo } from 'react';
import type { Domain } from '../../api/types';
import { actionLabel, actionMeaning, actionOrder, isHarsh, type Action } from '../../control/order';
import { AS_TEXT, cutText } from '../../format/text';
import { TargetActionDialog } from '../parts/TargetActionDialog';
import { stateLook } from './words';

const MAX_NAME = 60;

interface Props {
  domain: Domain;
  action: Action;
  onDone(): void;
  onClose(): void;
}

/** Orders one action for one domain. */
export function ActionDialog({ domain, action, onDone, onClose }: Props) {
  const order = useMemo(() => actionOrder(domain, action), [domain, action]);
  const title = t('pages.domains.action-of', '{{action}} {{domain}}', { action: actionLabel(action), domain: cutText(domain.name, MAX_NAME), ...AS_TEXT });
  const target = t('pages.action.target', '{{domain}} on host {{host}}, now: {{state}}', { domain: domain.name, host: domain.host, state: stateLook(domain).word, ...AS_TEXT });
  return <TargetActionDialog title={title} harsh={isHarsh(action)} order={order} target={target} uuid={domain.uuid} meaning={actionMeaning(action)} onDone={onDone} onClose={onClose} />;
}
