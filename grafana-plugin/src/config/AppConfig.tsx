import type { AppPluginMeta, PluginConfigPageProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Alert, Button, Field, Input, LoadingPlaceholder, SecretInput, Stack, Text } from '@grafana/ui';
import React, { useId, useState } from 'react';
import { readPause, testToken } from '../control/client';
import { failureOf, type Failure } from '../control/failure';
import { useOnce } from '../control/useOnce';
import { FailureNote } from '../pages/parts/FailureNote';
import { ConfigHelp } from './ConfigHelp';
import { cleanUrl, DEFAULT_CONTROL_URL, saveSettings, urlFault, type AppJsonData, type AppSettings } from './settings';

export type AppConfigProps = PluginConfigPageProps<AppPluginMeta<AppJsonData>>;

type Status = { kind: 'idle' | 'saving' | 'testing' | 'works' } | { kind: 'save_failed' | 'test_failed'; failure: Failure };

const MAX_URL_LENGTH = 2000;
const MAX_TOKEN_LENGTH = 1024;

/** Where virtmedic's control listener is and with which token Grafana calls it. */
export function AppConfig({ plugin: { meta } }: AppConfigProps) {
  const { jsonData, secureJsonFields, enabled = false } = meta;
  const [controlUrl, setControlUrl] = useState(jsonData?.controlUrl ?? DEFAULT_CONTROL_URL);
  const [token, setToken] = useState<string | null>(secureJsonFields?.operateToken ? null : '');
  const { status, save, test } = useRequests(meta);
  const ids = { url: useId(), token: useId() };
  const entered: AppSettings = { controlUrl, operateToken: token === '' ? null : token };
  const busy = status.kind === 'saving' || status.kind === 'testing';
  const fault = urlFault(controlUrl);
  const changed = cleanUrl(controlUrl) !== (jsonData?.controlUrl ?? '') || (token !== null && token !== '');

  return (
    <Stack direction="column" gap={3}>
      <ConfigHelp />
      <Field
        noMargin
        htmlFor={ids.url}
        label={t('config.url', 'Control URL')}
        description={t('config.url-description', "virtmedic's control.listen, as the Grafana server reaches it.")}
        invalid={fault !== null}
        error={fault && urlFaultText(fault)}
      >
        <Input id={ids.url} width={60} value={controlUrl} maxLength={MAX_URL_LENGTH} placeholder={DEFAULT_CONTROL_URL} onChange={(event) => setControlUrl(event.currentTarget.value)} />
      </Field>
      <Field
        noMargin
        htmlFor={ids.token}
        label={t('config.token', 'Operate token')}
        description={t('config.token-description', "A token of control.tokens in virtmedic's configuration with the scope operate. Grafana keeps it encrypted; no browser gets it back.")}
      >
        <SecretInput
          id={ids.token}
          width={60}
          maxLength={MAX_TOKEN_LENGTH}
          autoComplete="off"
          isConfigured={token === null}
          value={token ?? ''}
          onReset={() => setToken('')}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
      </Field>
      <Stack direction="row" gap={1} wrap="wrap">
        <Button disabled={busy || fault !== null} onClick={() => void save(entered, true)}>
          {enabled ? t('config.save', 'Save') : t('config.save-enable', 'Save and enable')}
        </Button>
        {enabled && (
          <Button variant="secondary" disabled={busy || changed} onClick={() => void test()}>
            {t('config.test', 'Test')}
          </Button>
        )}
        {enabled && (
          <Button variant="destructive" fill="outline" disabled={busy || fault !== null} onClick={() => void save(entered, false)}>
            {t('config.disable', 'Disable')}
          </Button>
        )}
      </Stack>
      {enabled && changed && <Text color="secondary">{t('config.save-first', 'The test uses what is saved: save first.')}</Text>}
      {!enabled && <Text color="secondary">{t('config.disabled', 'The app is disabled: its pages and its control routes cannot be used.')}</Text>}
      <div role="status" aria-live="polite">
        <StatusNote status={status} />
      </div>
    </Stack>
  );
}

/** What the buttons do, one at a time. */
function useRequests(meta: AppPluginMeta<AppJsonData>) {
  const [status, setStatus] = useState<Status>({ kind: 'idle' });
  const once = useOnce();
  const save = (settings: AppSettings, enable: boolean) =>
    once(async () => {
      setStatus({ kind: 'saving' });
      try {
        await saveSettings(meta, settings, enable);
        // Grafana reads an app's settings when the page is loaded.
        page.reload();
      } catch (error) {
        setStatus({ kind: 'save_failed', failure: failureOf(error) });
      }
    });
  const test = () =>
    once(async () => {
      setStatus({ kind: 'testing' });
      try {
        await readPause();
        await testToken();
        setStatus({ kind: 'works' });
      } catch (error) {
        setStatus({ kind: 'test_failed', failure: failureOf(error) });
      }
    });
  return { status, save, test };
}

/** Replaced in tests. */
export const page = { reload: () => window.location.reload() };

function urlFaultText(fault: NonNullable<ReturnType<typeof urlFault>>): string {
  switch (fault) {
    case 'empty':
      return t('config.url-empty', 'A URL is needed.');
    case 'not_http':
      return t('config.url-not-http', 'A URL that begins with http:// or https:// is needed.');
    case 'has_more':
      return t('config.url-has-more', 'No query, fragment, user name or password can be part of it: they would be kept in the clear or break the routes.');
  }
}

function StatusNote({ status }: { status: Status }) {
  switch (status.kind) {
    case 'idle':
      return null;
    case 'saving':
      return <LoadingPlaceholder text={t('config.saving', 'Saving …')} />;
    case 'testing':
      return <LoadingPlaceholder text={t('config.testing', 'Asking virtmedic through Grafana …')} />;
    case 'works':
      return (
        <Alert severity="success" title={t('config.works', 'virtmedic answers')}>
          {t('config.works-text', 'The URL is right, and the token may give orders.')}
        </Alert>
      );
    case 'save_failed':
      return (
        <Alert severity="error" title={t('config.save-failed', 'Not saved')}>
          {status.failure.detail || t('config.save-failed-text', 'Grafana did not take the settings. You need the role Admin.')}
        </Alert>
      );
    case 'test_failed':
      return <FailureNote failure={status.failure} />;
  }
}
