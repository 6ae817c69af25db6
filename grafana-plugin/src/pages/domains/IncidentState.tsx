import { Icon, Stack, Text } from '@grafana/ui';
import React from 'react';
import { incidentStateWord } from './words';

/** The state of an open incident: what needs a person stands out, also without colour. */
export function IncidentState({ state }: { state: string }) {
  if (state !== 'escalated') {
    return <Text>{incidentStateWord(state)}</Text>;
  }
  return (
    <Text color="error" weight="bold">
      <Stack direction="row" gap={0.5} alignItems="center">
        <Icon name="exclamation-triangle" size="sm" />
        {incidentStateWord(state)}
      </Stack>
    </Text>
  );
}
