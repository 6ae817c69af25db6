import { Counter, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { ACTIONS, ATTEMPT_RESULTS, INCIDENT_FAULTS, INCIDENT_STATES, OUTCOMES } from '../../vocabulary.ts';
import { createOwnMetrics } from './own.ts';

async function lines(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split('\n');
}

it('has every combination at 0 from the start', async () => {
  const registry = new Registry();
  createOwnMetrics(registry, { version: '1.2.3', revision: 'abc' });
  const text = await lines(registry);
  for (const fault of INCIDENT_FAULTS) {
    for (const outcome of OUTCOMES) expect(text).toContain(`virtmedic_recoveries_total{fault="${fault}",outcome="${outcome}"} 0`);
    for (const state of INCIDENT_STATES) expect(text).toContain(`virtmedic_incidents{fault="${fault}",state="${state}"} 0`);
    expect(text).toContain(`virtmedic_recovery_duration_seconds_count{fault="${fault}"} 0`);
  }
  for (const action of ACTIONS) for (const result of ATTEMPT_RESULTS) expect(text).toContain(`virtmedic_attempts_total{action="${action}",result="${result}"} 0`);
  for (const line of [
    'virtmedic_suppressed_total{reason="blast_radius"} 0',
    'virtmedic_suppressed_total{reason="dry_run"} 0',
    'virtmedic_recovery_phase_seconds_count{phase="verify"} 0',
    'virtmedic_config_last_reload_successful 1',
    'virtmedic_event_queue_shed_total 0',
    'virtmedic_event_queue_length 0',
    'virtmedic_webhook_alerts_total{result="ignored"} 0',
    'virtmedic_webhook_last_received_timestamp_seconds 0',
    'virtmedic_events_total{kind="domain_lifecycle"} 0',
    `virtmedic_build_info{version="1.2.3",revision="abc",node="${process.versions.node}"} 1`,
  ]) {
    expect(text).toContain(line);
  }
});

it('writes its text anew only when something was counted', async () => {
  const own = createOwnMetrics(new Registry(), { version: '1', revision: 'r' });
  const first = await own.text();
  expect(await own.text()).toBe(first);
  own.attemptEnded('start', 'failed');
  expect(await own.text()).toContain('virtmedic_attempts_total{action="start",result="failed"} 1');
  own.attemptEnded('start', 'failed');
  expect(await own.text()).toContain('virtmedic_attempts_total{action="start",result="failed"} 2');
});

it('counts', async () => {
  const registry = new Registry();
  const own = createOwnMetrics(registry, { version: '1', revision: 'r' }, () => 5000);
  own.recoveryEnded('domain_crashed', 'recovered', 4);
  own.attemptEnded('start', 'succeeded');
  own.suppressed('silence');
  own.phase('detect', 0.2);
  own.alertReceived('released');
  own.eventStarted('evaluate');
  own.eventShed();
  own.queueLength(7);
  own.configReloaded(false);
  own.incidents([{ fault: 'domain_hung', state: 'escalated' }, { fault: 'domain_hung', state: 'escalated' }]);
  const text = await lines(registry);
  for (const line of [
    'virtmedic_recoveries_total{fault="domain_crashed",outcome="recovered"} 1',
    'virtmedic_recovery_duration_seconds_sum{fault="domain_crashed"} 4',
    'virtmedic_attempts_total{action="start",result="succeeded"} 1',
    'virtmedic_suppressed_total{reason="silence"} 1',
    'virtmedic_recovery_phase_seconds_sum{phase="detect"} 0.2',
    'virtmedic_webhook_alerts_total{result="released"} 1',
    'virtmedic_webhook_last_received_timestamp_seconds 5',
    'virtmedic_events_total{kind="evaluate"} 1',
    'virtmedic_event_queue_shed_total 1',
    'virtmedic_event_queue_length 7',
    'virtmedic_config_last_reload_successful 0',
    'virtmedic_incidents{fault="domain_hung",state="escalated"} 2',
  ]) {
    expect(text).toContain(line);
  }
  own.incidents([]);
  expect(await lines(registry)).toContain('virtmedic_incidents{fault="domain_hung",state="escalated"} 0');
  expect((await own.text()).split('\n')).toEqual(await lines(registry));
});

it('takes metrics of another part, and tells what they say now', async () => {
  const own = createOwnMetrics(new Registry(), { version: '1', revision: 'r' });
  await own.text();
  const other = own.extend((registry) => {
    const counter = new Counter({ name: 'virtmedic_other_total', help: 'Other.', registers: [registry] });
    return { count: () => counter.inc() };
  });
  expect(await own.text()).toContain('virtmedic_other_total 0');
  other.count();
  expect(await own.text()).toContain('virtmedic_other_total 1');
});
