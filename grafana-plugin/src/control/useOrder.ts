/**
 * One order from its check to its answer:
 *
 *   editing -> checking -> checked -> sending -> done
 *                 |           |          |
 *                 +--> refused, failed <-+      (a new check leads on; nothing is sent again by itself)
 */
import { useCallback, useState } from 'react';
import { checkOrder, giveOrder } from './client';
import { failureOf, type Failure } from './failure';
import type { Order } from './order';
import type { OrderAnswer } from './parse';
import { useOnce } from './useOnce';

/** `sent`: it happened to the order itself, not to its check. */
export type OrderPhase =
  | { kind: 'editing' }
  | { kind: 'checking' }
  | { kind: 'checked'; key: string; explanation: string }
  | { kind: 'sending'; explanation: string }
  | { kind: 'refused'; explanation: string; sent: boolean }
  | { kind: 'failed'; failure: Failure; sent: boolean }
  | { kind: 'done'; answer: OrderAnswer };

export interface OrderControl {
  phase: OrderPhase;
  check(order: Order): Promise<void>;
  /** Does nothing unless just this order was checked; `reason` is added to it. */
  confirm(order: Order, reason?: string): Promise<void>;
}

/** What was checked is told from anything else by this. */
export function orderKey({ path, body }: Order): string {
  return JSON.stringify([path, body]);
}

export function useOrder(onDone: (answer: OrderAnswer) => void): OrderControl {
  const [phase, setPhase] = useState<OrderPhase>({ kind: 'editing' });
  const once = useOnce();

  const check = useCallback(
    (order: Order) =>
      once(async () => {
        setPhase({ kind: 'checking' });
        try {
          const { accepted, explanation } = await checkOrder(order);
          setPhase(accepted ? { kind: 'checked', key: orderKey(order), explanation } : { kind: 'refused', explanation, sent: false });
        } catch (error) {
          setPhase(failed(error, false));
        }
      }),
    [once]
  );

  const confirm = useCallback(
    (order: Order, reason?: string) =>
      once(async () => {
        if (phase.kind !== 'checked' || phase.key !== orderKey(order)) {
          return;
        }
        setPhase({ kind: 'sending', explanation: phase.explanation });
        try {
          const answer = await giveOrder(reason === undefined ? order : { ...order, body: { ...order.body, reason } });
          setPhase(answer.accepted ? { kind: 'done', answer } : { kind: 'refused', explanation: answer.explanation, sent: true });
          if (answer.accepted) {
            onDone(answer);
          }
        } catch (error) {
          setPhase(failed(error, true));
        }
      }),
    [once, onDone, phase]
  );

  return { phase, check, confirm };
}

function failed(error: unknown, sent: boolean): OrderPhase {
  const failure = failureOf(error);
  return failure.kind === 'refused' ? { kind: 'refused', explanation: failure.detail, sent } : { kind: 'failed', failure, sent };
}
