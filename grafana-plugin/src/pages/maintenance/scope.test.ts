import { maintenanceOrder, type MaintenanceForm } from './scope';

const NOW = 1_000_000;
const form = (change: Partial<MaintenanceForm>): MaintenanceForm => ({ kind: 'host', host: 'h1', domain: 'u1', minutes: 30, untilMs: null, ...change });

describe('maintenanceOrder', () => {
  it.each([
    [form({}), { host: 'h1', durationSeconds: 1800 }],
    [form({ kind: 'domain' }), { domain: 'u1', durationSeconds: 1800 }],
    [form({ kind: 'all', minutes: 1440 }), { all: true, durationSeconds: 86_400 }],
    [form({ minutes: null, untilMs: NOW + 1000 }), { host: 'h1', until: '1970-01-01T00:16:41.000Z' }],
  ])('%#: holds one scope and one end', (entered, body) => {
    expect(maintenanceOrder(entered, NOW)).toEqual({ path: 'maintenance', body });
  });

  it.each([form({ host: '' }), form({ kind: 'domain', domain: '' }), form({ minutes: null }), form({ minutes: null, untilMs: NOW })])('%#: is none while something is missing or over', (entered) => {
    expect(maintenanceOrder(entered, NOW)).toBeNull();
  });
});
