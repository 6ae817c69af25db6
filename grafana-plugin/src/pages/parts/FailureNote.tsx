import { t } from '@grafana/i18n';
import { Alert } from '@grafana/ui';
import React from 'react';
import { mayHaveHappened, type Failure } from '../../control/failure';

interface Props {
  failure: Failure;
  /** It happened to an order that was sent, so that something may have been done. */
  sent?: boolean;
  /** Shown inside, below the text: what to do next. */
  children?: React.ReactNode;
}

/** What went wrong and what to do about it. */
export function FailureNote({ failure, sent = false, children }: Props) {
  const { title, advice } = explain(failure);
  return (
    <Alert severity="error" title={title}>
      <div>{advice}</div>
      {failure.detail !== '' && failure.kind !== 'unreadable' && <div>{failure.detail}</div>}
      {sent && !saysItself(failure) && (
        <strong>
          {mayHaveHappened(failure)
            ? t('pages.failure.unknown-end', 'It is not known whether the order was carried out. Look at the state before you give it again.')
            : t('pages.failure.nothing-done', 'Nothing was done.')}
        </strong>
      )}
      {children}
    </Alert>
  );
}

/** Without a store virtmedic refuses orders, but pauses all the same: what was done is in its own words. */
function saysItself({ kind, detail }: Failure): boolean {
  return kind === 'unavailable' && detail !== '';
}

/** Title and advice for people. */
export function explain({ kind, status }: Failure): { title: string; advice: string } {
  switch (kind) {
    case 'not_configured':
      return {
        title: t('pages.failure.not-configured', 'Control is not set up'),
        advice: t('pages.failure.not-configured-advice', "The app's configuration has no control URL, or one that is not virtmedic's. An administrator enters it under Configuration; after a change of the plugin, Grafana has to be restarted."),
      };
    case 'plugin_disabled':
      return {
        title: t('pages.failure.plugin-disabled', 'The app is not enabled'),
        advice: t('pages.failure.plugin-disabled-advice', 'An administrator enables it under Configuration.'),
      };
    case 'forbidden':
      return {
        title: t('pages.failure.forbidden', 'Your role does not allow this'),
        advice: t('pages.failure.forbidden-advice', 'Reading and acknowledging need the role Editor in Grafana, everything else the role Admin.'),
      };
    case 'bad_token':
      return {
        title: t('pages.failure.bad-token', 'virtmedic does not know the operate token'),
        advice: t('pages.failure.bad-token-advice', "The token in the app's configuration is not one of control.tokens in virtmedic's configuration."),
      };
    case 'token_scope':
      return {
        title: t('pages.failure.token-scope', 'The token may not do this'),
        advice: t('pages.failure.token-scope-advice', "The token in the app's configuration needs the scope operate."),
      };
    case 'not_found':
      return { title: t('pages.failure.not-found', 'virtmedic does not know this'), advice: t('pages.failure.not-found-advice', 'It may have ended or been removed in the meantime.') };
    case 'invalid':
      return { title: t('pages.failure.invalid', 'virtmedic does not accept the order as it is'), advice: t('pages.failure.invalid-advice', 'Change what it names. If it names nothing that is shown here, the plugin and virtmedic differ in version.') };
    case 'refused':
      return { title: t('pages.failure.refused', 'virtmedic refuses'), advice: '' };
    default:
      return explainConnection(kind, status);
  }
}

function explainConnection(kind: Failure['kind'], status: number | null): { title: string; advice: string } {
  switch (kind) {
    case 'unavailable':
      return { title: t('pages.failure.unavailable', 'virtmedic cannot store anything now'), advice: t('pages.failure.unavailable-advice', 'It carries out only what it has stored. Look at its log and at its disk or database.') };
    case 'unreachable':
      return { title: t('pages.failure.unreachable', 'Grafana cannot reach virtmedic'), advice: t('pages.failure.unreachable-advice', "Check that virtmedic runs and that the control URL in the app's configuration can be reached from the Grafana server.") };
    case 'timeout':
      return { title: t('pages.failure.timeout', 'No answer in time'), advice: t('pages.failure.timeout-advice', 'virtmedic or the way to it is slow or blocked.') };
    case 'unreadable':
      return { title: t('pages.failure.unreadable', 'The answer cannot be read'), advice: t('pages.failure.unreadable-advice', 'What answered is not virtmedic, or of a version that does not fit this plugin. Check the control URL.') };
    default:
      return {
        title: status === null ? t('pages.failure.other', 'It did not work') : t('pages.failure.other-status', 'It did not work (status {{status}})', { status }),
        advice: t('pages.failure.other-advice', 'The logs of Grafana and virtmedic say more.'),
      };
  }
}
