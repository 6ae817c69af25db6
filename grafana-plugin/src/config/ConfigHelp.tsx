import { Trans } from '@grafana/i18n';
import { Stack, Text } from '@grafana/ui';
import React from 'react';

const CONFIGURATION = `control:
  listen: 127.0.0.1:9178
  tokens:
    - name: grafana
      token: "…"          # 16 characters or more; tokenFile is better
      scopes: [operate]`;

/** What has to be set on the other side. */
export function ConfigHelp() {
  return (
    <Stack direction="column" gap={1}>
      <Text element="p">
        <Trans i18nKey="config.help.what">
          With this the app&apos;s pages give orders to virtmedic: stop, start and recover machines, maintenance, pause, settings. Recovery history
          and health need only the data source, which has a token of its own with the scope read.
        </Trans>
      </Text>
      <Text element="p">
        <Trans i18nKey="config.help.token">In virtmedic&apos;s configuration, a token for Grafana alone:</Trans>
      </Text>
      <pre>{CONFIGURATION}</pre>
      <Text element="p">
        <Trans i18nKey="config.help.roles">
          Grafana uses the token for its administrators, and for editors to read and to acknowledge. Viewers reach nothing of virtmedic through this
          app.
        </Trans>
      </Text>
      <Text element="p">
        <Trans i18nKey="config.help.user">
          So that history names the person who gave an order, set send_user_header = true in the section [dataproxy] of grafana.ini. Without it,
          history says grafana:unknown.
        </Trans>
      </Text>
    </Stack>
  );
}
