import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { AGENT_REASONS } from '../../execution/guest-agent-error.ts';
import { guestAgentMetrics } from './guest-agent.ts';

it('counts what the agent did not do by reason, from 0 on', async () => {
  const registry = new Registry();
  const metrics = guestAgentMetrics(registry);
  const lines = async (): Promise<string[]> => (await registry.metrics()).split('\n');
  for (const reason of AGENT_REASONS) expect(await lines()).toContain(`virtmedic_guest_agent_refusals_total{reason="${reason}"} 0`);
  metrics.agentRefused('agent-not-connected');
  expect(await lines()).toContain('virtmedic_guest_agent_refusals_total{reason="agent-not-connected"} 1');
});
