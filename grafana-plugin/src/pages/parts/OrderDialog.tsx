import { t } from '@grafana/i18n';
import { Alert, Button, LoadingPlaceholder, Modal, Stack } from '@grafana/ui';
import React, { useEffect, useMemo, useRef, useState } from 'react';
import type { Order } from '../../control/order';
import type { OrderAnswer } from '../../control/parse';
import { orderKey, useOrder, type OrderPhase } from '../../control/useOrder';
import { FailureNote } from './FailureNote';
import { ReasonField } from './ReasonField';

interface Props {
  title: string;
  /** Names the order: "Stop web-3". */
  confirmLabel: string;
  /** Something may be lost by it. */
  harsh?: boolean;
  /** Null: what is entered is not complete. */
  order: Order | null;
  /** `check`: virtmedic needs the reason already for the check. */
  reason: 'check' | 'confirm' | 'none';
  /** Facts and fields above the check. */
  children?: React.ReactNode;
  /** Below the answer to an order that was accepted. */
  afterwards?: (answer: OrderAnswer) => React.ReactNode;
  onDone(answer: OrderAnswer): void;
  onClose(): void;
}

/** Asks virtmedic what an order would do, shows it, and gives the order once it is confirmed. */
export function OrderDialog({ title, confirmLabel, harsh = false, order: entered, reason: reasonWhen, children, afterwards, onDone, onClose }: Props) {
  const [reason, setReason] = useState('');
  const trimmed = reason.trim();
  const needsReason = reasonWhen !== 'none' && trimmed === '';
  const order = useMemo(() => (entered && reasonWhen === 'check' ? withReason(entered, trimmed) : entered), [entered, reasonWhen, trimmed]);
  const { phase: lastPhase, check, confirm } = useOrder(onDone);
  const phase = useMemo(() => forOrder(lastPhase, order), [lastPhase, order]);
  const mayCheck = order !== null && !(reasonWhen === 'check' && needsReason);

  // An order that needs nothing entered for its check is checked as soon as the dialog is open.
  const opened = useRef(false);
  useEffect(() => {
    if (!opened.current && reasonWhen !== 'check' && order !== null) {
      void check(order);
    }
    opened.current = true;
  }, [check, order, reasonWhen]);

  const over = phase.kind === 'done';
  const sending = phase.kind === 'sending';
  return (
    <Modal title={title} isOpen onDismiss={sending ? () => {} : onClose} closeOnBackdropClick={false}>
      <Stack direction="column" gap={2}>
        {!over && children}
        {!over && reasonWhen === 'check' && <ReasonField value={reason} onChange={setReason} disabled={sending} />}
        <div aria-live="polite" role="status">
          <PhaseNote phase={phase} />
        </div>
        {!over && reasonWhen === 'confirm' && <ReasonField value={reason} onChange={setReason} disabled={sending} />}
        {phase.kind === 'done' && afterwards?.(phase.answer)}
      </Stack>
      <OrderButtons
        phase={phase}
        confirmLabel={confirmLabel}
        harsh={harsh}
        onCheck={mayCheck ? () => void check(order) : null}
        onConfirm={phase.kind === 'checked' && !needsReason && order !== null ? () => void confirm(order, reasonWhen === 'confirm' ? trimmed : undefined) : null}
        onClose={onClose}
      />
    </Modal>
  );
}

interface ButtonsProps {
  phase: OrderPhase;
  confirmLabel: string;
  harsh: boolean;
  /** Null: not now. */
  onCheck: (() => void) | null;
  onConfirm: (() => void) | null;
  onClose(): void;
}

function OrderButtons({ phase, confirmLabel, harsh, onCheck, onConfirm, onClose }: ButtonsProps) {
  const { kind } = phase;
  const over = kind === 'done';
  const first = kind === 'editing' || kind === 'checking';
  return (
    <Modal.ButtonRow>
      <Button variant="secondary" onClick={onClose} disabled={kind === 'sending'}>
        {over ? t('pages.order.close', 'Close') : t('pages.order.cancel', 'Cancel')}
      </Button>
      {!over && !isReady(phase) && (
        <Button variant="primary" fill="outline" disabled={onCheck === null || kind === 'checking'} onClick={() => onCheck?.()}>
          {first ? t('pages.order.check', 'Show what would happen') : t('pages.order.check-again', 'Ask again what would happen')}
        </Button>
      )}
      {!over && (
        <Button variant={harsh ? 'destructive' : 'primary'} disabled={onConfirm === null} onClick={() => onConfirm?.()}>
          {confirmLabel}
        </Button>
      )}
    </Modal.ButtonRow>
  );
}

function withReason(order: Order, reason: string): Order {
  return { ...order, body: { ...order.body, reason } };
}

/** A check holds for what was checked only: other entries need their own. */
function forOrder(phase: OrderPhase, order: Order | null): OrderPhase {
  return phase.kind === 'checked' && (order === null || phase.key !== orderKey(order)) ? { kind: 'editing' } : phase;
}

function isReady({ kind }: OrderPhase): boolean {
  return kind === 'checked' || kind === 'sending';
}

function PhaseNote({ phase }: { phase: OrderPhase }) {
  switch (phase.kind) {
    case 'editing':
      return null;
    case 'checking':
      return <LoadingPlaceholder text={t('pages.order.checking', 'Asking virtmedic what would happen …')} />;
    case 'checked':
      return (
        <Alert severity="info" title={t('pages.order.would', 'If you confirm')}>
          {phase.explanation || t('pages.order.no-explanation', 'virtmedic would carry it out.')}
        </Alert>
      );
    case 'sending':
      return <LoadingPlaceholder text={t('pages.order.sending', 'Sent. Waiting for the answer …')} />;
    case 'refused':
      return (
        <Alert severity="warning" title={phase.sent ? t('pages.order.refused', 'Refused. Nothing was done.') : t('pages.order.would-be-refused', 'virtmedic would refuse this')}>
          {phase.explanation}
        </Alert>
      );
    case 'failed':
      return <FailureNote failure={phase.failure} sent={phase.sent} />;
    case 'done':
      return <Accepted answer={phase.answer} />;
  }
}

function Accepted({ answer: { dryRun, explanation } }: { answer: OrderAnswer }) {
  return dryRun ? (
    <Alert severity="warning" title={t('pages.order.configured-dry-run', 'Nothing was done: dry run')}>
      <Stack direction="column" gap={0.5}>
        <span>{explanation}</span>
        <span>{t('pages.order.configured-dry-run-why', "virtmedic's configuration sets this domain to dry run.")}</span>
      </Stack>
    </Alert>
  ) : (
    // Not green: that it was taken does not say that it succeeded.
    <Alert severity="info" title={t('pages.order.accepted', 'Accepted')}>
      {explanation}
    </Alert>
  );
}
