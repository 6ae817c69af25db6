import { describe, expect, it } from 'vitest';
import { intervalConsequences, maintenanceConsequences, pauseConsequences, unpauseConsequences } from './consequences.ts';
import { sampleIncident } from './testing/fakes.ts';
import type { DomainSummary } from './inventory.ts';

const domain = (name: string, more: Partial<DomainSummary> = {}): DomainSummary => ({
  uuid: `uuid-${name}`, name, host: 'h1', state: 'running', reason: null, sinceMs: null, duplicatedOn: null, managed: true, dryRun: false,
  restartPolicy: 'on-failure', trigger: 'alert', desired: 'running', desiredSource: 'observed', lastSeenMs: null, incidentId: null, forecast: null, apps: [], guest: null, ...more,
});

describe('consequences', () => {
  it('count what is managed, name a few, and tell of dry runs', () => {
    const domains = [...'abcdefg'].map((name) => domain(name, { host: name < 'd' ? 'h1' : 'h2', dryRun: name === 'a' }));
    expect(pauseConsequences({ domains: [...domains, domain('x', { managed: false })], incidents: [] }, null)).toBe(
      'Nothing is recovered until recovery is let go on, a restart of virtmedic included: 7 managed domains on 2 hosts (a, b, c, d, e and 2 more), 1 of them in dry run, where nothing is done anyway. No recovery is under way.',
    );
    expect(pauseConsequences({ domains: [], incidents: [] }, { by: 'ann', reason: 'storage', atMs: 0 } as { by: string; reason: string })).toContain('paused already, by ann: storage.');
  });

  it('are those of the scope', () => {
    const incidents = [
      sampleIncident({ state: 'verifying', target: { kind: 'domain', uuid: 'uuid-a', name: 'a', host: 'h1' } }),
      sampleIncident({ state: 'executing', target: { kind: 'domain', uuid: 'uuid-b', name: 'b', host: 'h2' } }),
      sampleIncident({ state: 'executing', target: { kind: 'host', host: 'h2' } }),
      sampleIncident({ state: 'escalated', target: { kind: 'domain', uuid: 'uuid-c', name: 'c', host: 'h1' } }),
    ];
    const situation = { domains: [domain('a'), domain('b', { host: 'h2' }), domain('c')], incidents };
    expect(maintenanceConsequences(situation, { kind: 'host', host: 'h1' }, 0)).toBe(
      'Nothing is recovered on host h1 until 1970-01-01T00:00:00.000Z: 2 managed domains on 1 host (a, c). Under way, and going on to the end of its attempt: 1 recovery (a).',
    );
    expect(maintenanceConsequences(situation, { kind: 'host', host: 'h2' }, 0)).toContain('2 recoveries (b, h2)');
    expect(maintenanceConsequences(situation, { kind: 'domain', uuid: 'uuid-b' }, 0)).toMatch(/of domain b until .*1 managed domain on 1 host \(b\).*1 recovery \(b\)/);
    expect(maintenanceConsequences(situation, { kind: 'all' }, 0)).toMatch(/anywhere until .*3 managed domains .*3 recoveries \(a, b, h2\)/);
  });

  it('cut names that are too long', () => {
    const text = unpauseConsequences({ domains: [domain('x'.repeat(500))], incidents: [] }, { by: 'ann', reason: 'r' });
    expect(text).toContain(`(${'x'.repeat(64)}…)`);
  });

  it('of a setting say how long it lasts', () => {
    const setting = { value: 5, default: 15, minimum: 1, maximum: 100 };
    expect(intervalConsequences(setting, 1, null)).toMatch(/1 host changes from 5 s to 15 s, at once. It follows the configuration file/);
    expect(intervalConsequences(setting, 3, 5)).toMatch(/3 hosts stays at 5 s.*until it is set to null; the configuration file says 15 s/);
  });
});
