import { t } from '@grafana/i18n';
import { Button, Dropdown, Menu, Stack } from '@grafana/ui';
import React from 'react';

interface Props<Action extends string> {
  /** All that can be ordered. */
  actions: readonly Action[];
  /** Those with a button of their own; the others are in a menu. */
  likely: readonly Action[];
  label(action: Action): string;
  /** With the target's name, for who does not see the row. */
  fullLabel(action: Action): string;
  moreLabel: string;
  isHarsh(action: Action): boolean;
  onAction(action: Action): void;
}

/** What may be ordered for the target of a row. */
export function ActionButtons<Action extends string>({ actions, likely, label, fullLabel, moreLabel, isHarsh, onAction }: Props<Action>) {
  const more = (
    <Menu ariaLabel={moreLabel}>
      {actions
        .filter((action) => !likely.includes(action))
        .map((action) => (
          <Menu.Item key={action} label={label(action)} destructive={isHarsh(action)} onClick={() => onAction(action)} />
        ))}
    </Menu>
  );
  return (
    <Stack direction="row" gap={0.5} wrap="nowrap">
      {likely.map((action) => (
        <Button key={action} size="sm" variant={action === 'recover' ? 'primary' : 'secondary'} aria-label={fullLabel(action)} onClick={() => onAction(action)}>
          {label(action)}
        </Button>
      ))}
      <Dropdown overlay={more} placement="bottom-end">
        <Button size="sm" variant="secondary" fill="text" icon="ellipsis-v" aria-label={moreLabel}>
          {t('pages.domains.more', 'More')}
        </Button>
      </Dropdown>
    </Stack>
  );
}
