import { t } from '@grafana/i18n';
import { Button, LoadingPlaceholder, Modal, Stack } from '@grafana/ui';
import React, { useState } from 'react';
import { failureOf, type Failure } from '../../control/failure';
import { useOnce } from '../../control/useOnce';
import { FailureNote } from './FailureNote';
import { ReasonField } from './ReasonField';

interface Props {
  title: string;
  confirmLabel: string;
  needsReason: boolean;
  /** What follows from it. */
  children: React.ReactNode;
  /** Rejects when it did not work. */
  send(reason: string): Promise<void>;
  onDone(): void;
  onClose(): void;
}

/** For what virtmedic cannot try first: says what follows, sends it once when confirmed, and closes when it is done. */
export function ConfirmDialog({ title, confirmLabel, needsReason, children, send, onDone, onClose }: Props) {
  const [reason, setReason] = useState('');
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const once = useOnce();
  const confirm = () =>
    once(async () => {
      setSending(true);
      setFailure(null);
      try {
        await send(reason.trim());
        onDone();
        onClose();
      } catch (error) {
        setFailure(failureOf(error));
        setSending(false);
      }
    });
  return (
    <Modal title={title} isOpen onDismiss={sending ? () => {} : onClose} closeOnBackdropClick={false}>
      <Stack direction="column" gap={2}>
        {children}
        {needsReason && <ReasonField value={reason} onChange={setReason} disabled={sending} />}
        <div role="status" aria-live="polite">
          {sending && <LoadingPlaceholder text={t('pages.order.sending', 'Sent. Waiting for the answer …')} />}
          {failure && <FailureNote failure={failure} sent />}
        </div>
      </Stack>
      <Modal.ButtonRow>
        <Button variant="secondary" onClick={onClose} disabled={sending}>
          {t('pages.order.cancel', 'Cancel')}
        </Button>
        <Button variant="primary" onClick={() => void confirm()} disabled={sending || (needsReason && reason.trim() === '')}>
          {confirmLabel}
        </Button>
      </Modal.ButtonRow>
    </Modal>
  );
}
