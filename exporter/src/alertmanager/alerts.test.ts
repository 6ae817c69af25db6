import { describe, expect, it } from 'vitest';
import { alertStateOf } from './alerts.ts';
import type { AlertmanagerAlert } from './alerts.ts';

const uuid = '11111111-2222-4333-8444-555555555555';
const about = { fault: 'domain_crashed', domainUuid: uuid } as const;

function alert(state: AlertmanagerAlert['state'], more: Partial<AlertmanagerAlert> = {}): AlertmanagerAlert {
  return {
    fingerprint: 'f1',
    labels: { virtmedic_fault: 'domain_crashed', domain_uuid: uuid, host: 'h1' },
    startsAtMs: 1000,
    state,
    silencedBy: [],
    inhibitedBy: [],
    ...more,
  };
}

describe('alertStateOf', () => {
  it('is absent without an alert about this fault of this domain', () => {
    const others = [
      alert('active', { labels: { virtmedic_fault: 'domain_hung', domain_uuid: uuid } }),
      alert('active', { labels: { virtmedic_fault: 'domain_crashed', domain_uuid: 'other' } }),
      alert('active', { labels: {} }),
    ];
    expect(alertStateOf(others, about)).toEqual({ kind: 'absent' });
  });

  it('of a host is the alert that names no domain', () => {
    const aboutHost = { fault: 'host_degraded', host: 'h1' } as const;
    const ofHost = (labels: Record<string, string>): AlertmanagerAlert => alert('active', { labels: { virtmedic_fault: 'host_degraded', ...labels } });
    expect(alertStateOf([ofHost({ host: 'h2' }), ofHost({ host: 'h1', domain_uuid: uuid })], aboutHost)).toEqual({ kind: 'absent' });
    expect(alertStateOf([ofHost({ host: 'h1' })], aboutHost)).toMatchObject({ kind: 'active' });
  });

  it('is active with one, whatever the case of the UUID', () => {
    expect(alertStateOf([alert('active')], { ...about, domainUuid: uuid.toUpperCase() })).toMatchObject({ kind: 'active', alert: { fingerprint: 'f1' } });
  });

  it('heeds the host where one is given', () => {
    expect(alertStateOf([alert('active')], { ...about, host: 'h2' })).toEqual({ kind: 'absent' });
    expect(alertStateOf([alert('active')], { ...about, host: 'h1' }).kind).toBe('active');
  });

  it('counts an unprocessed alert as absent: silences were not looked at yet', () => {
    expect(alertStateOf([alert('unprocessed')], about)).toEqual({ kind: 'absent' });
  });

  it('lets suppressed go before active, and names what suppresses', () => {
    const alerts = [alert('active'), alert('suppressed', { silencedBy: ['s1'] }), alert('suppressed', { silencedBy: ['s1', 's2'], inhibitedBy: ['f9'] })];
    expect(alertStateOf(alerts, about)).toMatchObject({ kind: 'suppressed', silencedBy: ['s1', 's2'], inhibitedBy: ['f9'] });
  });
});
