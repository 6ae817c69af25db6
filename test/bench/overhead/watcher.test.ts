import { expect, it } from 'vitest';
import { forecastDomains } from './watcher.ts';

it('counts the domains that are forecast, each once, and only by probabilities', () => {
  expect(forecastDomains([
    '# TYPE virtmedic_domain_failure_probability gauge',
    'virtmedic_domain_failure_probability{host="h1",domain="vm0",horizon="60"} 0.01',
    'virtmedic_domain_failure_probability{host="h1",domain="vm0",horizon="300"} 0.02',
    'virtmedic_domain_failure_probability{domain="vm1",host="h1",horizon="60"} 1',
    'virtmedic_domain_failure_probability{host="h1",domain="vm2",horizon="60"} NaN',
    'virtmedic_domain_state{host="h1",domain="vm3"} 1',
  ].join('\n'))).toBe(2);
  expect(forecastDomains('')).toBe(0);
});
