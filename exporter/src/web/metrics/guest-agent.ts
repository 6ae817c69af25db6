import { Counter } from 'prom-client';
import type { Registry } from 'prom-client';
import { AGENT_REASONS } from '../../execution/guest-agent-error.ts';
import type { AgentReason } from '../../execution/guest-agent-error.ts';

export interface GuestAgentMetrics {
  agentRefused(reason: AgentReason): void;
}

/** Actions by the QEMU guest agent. Every reason exists from the start, at 0. */
export function guestAgentMetrics(registry: Registry): GuestAgentMetrics {
  const refusals = new Counter({
    name: 'virtmedic_guest_agent_refusals_total',
    help: 'Orders that the QEMU guest agent in a domain did not carry out, or not to an end that is known, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  });
  for (const reason of AGENT_REASONS) refusals.inc({ reason }, 0);
  return { agentRefused: (reason) => refusals.inc({ reason }) };
}
