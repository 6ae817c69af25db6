import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { t, Trans } from '@grafana/i18n';
import { Alert, Field, Input, SecretInput, TextLink } from '@grafana/ui';
import React, { useId } from 'react';
import type { VirtmedicDataSourceOptions, VirtmedicSecureOptions } from '../types';

type Props = DataSourcePluginOptionsEditorProps<VirtmedicDataSourceOptions, VirtmedicSecureOptions>;

const DOCUMENTATION = 'https://github.com/virtmedic/virtmedic/tree/main/grafana-plugin/src/datasource';
const EXAMPLE_URL = 'http://virtmedic.example:9177';
const WIDTH = 50;

export function ConfigEditor({ options, onOptionsChange }: Props) {
  const urlId = useId();
  const tokenId = useId();
  const { url, secureJsonData, secureJsonFields, jsonData, basicAuth, readOnly } = options;
  const problem = urlProblem(url);
  const setToken = (readToken: string) =>
    onOptionsChange({ ...options, secureJsonData: { ...secureJsonData, readToken } });
  const forgetToken = () =>
    onOptionsChange({
      ...options,
      secureJsonFields: { ...secureJsonFields, readToken: false },
      secureJsonData: { ...secureJsonData, readToken: '' },
    });
  return (
    <>
      {(basicAuth === true || hasOwnHeaders(jsonData)) && <HeadersAlert />}
      <Field
        label={t('datasource.config.url', 'URL')}
        description={t(
          'datasource.config.url-help',
          'The public listener of virtmedic (web.listen, port 9177 by default), as Grafana reaches it. Not the control listener: it takes orders.'
        )}
        htmlFor={urlId}
        required
        invalid={problem !== null}
        error={problem}
      >
        <Input
          id={urlId}
          type="url"
          width={WIDTH}
          disabled={readOnly}
          placeholder={EXAMPLE_URL}
          value={url ?? ''}
          onChange={({ currentTarget }) =>
            onOptionsChange({ ...options, url: currentTarget.value.trim(), access: 'proxy' })
          }
        />
      </Field>
      <Field
        label={t('datasource.config.token', 'Read token')}
        description={t(
          'datasource.config.token-help',
          'A token of virtmedic with the scope "read" and no other. It stays on the server of Grafana, which adds it to requests for reading.'
        )}
        htmlFor={tokenId}
        required
      >
        <SecretInput
          id={tokenId}
          width={WIDTH}
          disabled={readOnly}
          autoComplete="off"
          isConfigured={secureJsonFields?.readToken === true}
          value={secureJsonData?.readToken ?? ''}
          onChange={({ currentTarget }) => setToken(currentTarget.value.trim())}
          onReset={forgetToken}
        />
      </Field>
      <ScopesAlert />
    </>
  );
}

function HeadersAlert() {
  return (
    <Alert severity="warning" title={t('datasource.config.headers-title', 'Credentials that any viewer can use')}>
      <Trans i18nKey="datasource.config.headers">
        This data source has basic authentication or headers of its own. Grafana adds them to every request of anyone
        who may query the data source, whatever its path and method. Use the read token instead.
      </Trans>
    </Alert>
  );
}

function ScopesAlert() {
  return (
    <Alert severity="info" title={t('datasource.config.scopes-title', 'Which token, and which address')}>
      <p>
        <Trans i18nKey="datasource.config.scopes">
          Everyone who may look at a dashboard can send requests through this data source. So the token must have the
          scope &quot;read&quot; alone: with &quot;webhook&quot;, &quot;operate&quot; or &quot;admin&quot; it could do
          more than read, and virtmedic cannot tell Grafana which scopes a token has. Orders to virtual machines go
          through the pages of the app, with a token of their own.
        </Trans>
      </p>
      <TextLink href={DOCUMENTATION} external>
        {t('datasource.config.documentation', 'Documentation of the data source')}
      </TextLink>
    </Alert>
  );
}

/** Grafana adds these to every request, matched by a route of the plugin or not. */
function hasOwnHeaders(jsonData: object | undefined): boolean {
  return Object.keys(jsonData ?? {}).some((key) => key.startsWith('httpHeaderName'));
}

/** Null: nothing is wrong with it as far as one can see. */
function urlProblem(url: string | undefined): string | null {
  if (url === undefined || url === '') {
    return null;
  }
  const parsed = parse(url);
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    return t('datasource.config.url-invalid', 'Must begin with http:// or https://, such as {{example}}.', {
      example: EXAMPLE_URL,
      interpolation: { escapeValue: false },
    });
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return t(
      'datasource.config.url-password',
      'A name or password in the URL can be read by everyone who uses this data source.'
    );
  }
  if (parsed.pathname.includes('/api/') || parsed.search !== '' || parsed.hash !== '') {
    return t('datasource.config.url-path', 'Without the path of the API and without parameters.');
  }
  return parsed.port === '9178'
    ? t(
        'datasource.config.url-control',
        'Port 9178 is that of the control listener by default; the public listener has port 9177.'
      )
    : null;
}

function parse(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}
