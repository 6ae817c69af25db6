import { Stack, Text } from '@grafana/ui';
import React from 'react';
import type { Order } from '../../control/order';
import { OrderProgress } from '../domains/OrderProgress';
import { OrderDialog } from './OrderDialog';

interface Props {
  title: string;
  harsh: boolean;
  order: Order;
  /** What it is done to, and how that is now. */
  target: string;
  uuid: string;
  /** What the action does. */
  meaning: string;
  onDone(): void;
  onClose(): void;
}

/** Orders one action for one target, and follows it. */
export function TargetActionDialog({ title, harsh, order, target, uuid, meaning, onDone, onClose }: Props) {
  return (
    <OrderDialog
      title={title}
      confirmLabel={title}
      harsh={harsh}
      order={order}
      reason="confirm"
      onDone={onDone}
      onClose={onClose}
      afterwards={({ incidentId, dryRun }) => !dryRun && incidentId !== null && <OrderProgress incidentId={incidentId} />}
    >
      <Stack direction="column" gap={0.5}>
        <Text element="p" weight="bold">
          {target}
        </Text>
        <Text element="p" variant="bodySmall" color="secondary">
          {uuid}
        </Text>
        <Text element="p">{meaning}</Text>
      </Stack>
    </OrderDialog>
  );
}
