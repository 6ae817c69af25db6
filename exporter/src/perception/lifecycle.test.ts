import { describe, expect, it } from 'vitest';
import { lifecycleChange, lifecycleEffect } from './lifecycle.ts';
import type { DomainSighting } from './view.ts';

const DOMAIN = { uuid: 'u', name: 'vm', host: 'a' };
const RUNNING: DomainSighting = { ...DOMAIN, state: 'running', reason: 'booted', sinceMs: 1, persistent: true, autostart: true };
const STOPPED: DomainSighting = { ...RUNNING, state: 'shutoff', reason: 'shutdown' };

describe('lifecycleEffect', () => {
  it.each([
    ['started', 'booted', 'running', 'booted'],
    ['started', 'migrated', 'paused', 'migration'],
    ['resumed', 'migrated', 'running', 'migrated'],
    ['resumed', 'unpaused', 'running', 'unpaused'],
    ['suspended', 'paused', 'paused', 'user'],
    ['suspended', 'migrated', 'paused', 'migration'],
    ['suspended', 'ioerror', 'paused', 'ioerror'],
    ['suspended', 'watchdog', 'paused', 'watchdog'],
    ['stopped', 'failed', 'shutoff', 'failed'],
    ['stopped', 'destroyed', 'shutoff', 'destroyed'],
    ['crashed', 'panicked', 'crashed', 'panicked'],
    ['pmsuspended', 'memory', 'pmsuspended', 'memory'],
  ] as const)('%s %s makes it %s (%s)', (change, detail, state, reason) => {
    expect(lifecycleEffect(change, detail, DOMAIN, RUNNING, 9)).toEqual({
      kind: 'put',
      sighting: { ...RUNNING, state, reason, sinceMs: 9 },
    });
  });

  it('keeps the sighting while the guest shuts down or its crash kernel runs', () => {
    expect(lifecycleEffect('shutdown', 'guest', DOMAIN, RUNNING, 9)).toEqual({ kind: 'none' });
    expect(lifecycleEffect('crashed', 'crashloaded', DOMAIN, RUNNING, 9)).toEqual({ kind: 'none' });
  });

  it('removes a transient domain that stops', () => {
    expect(lifecycleEffect('stopped', 'destroyed', DOMAIN, { ...RUNNING, persistent: false }, 9)).toEqual({ kind: 'remove', undefinedSeen: false });
  });

  it('undefines: a stopped domain goes, a running one becomes transient, a renamed one stays', () => {
    expect(lifecycleEffect('undefined', 'removed', DOMAIN, STOPPED, 9)).toEqual({ kind: 'remove', undefinedSeen: true });
    expect(lifecycleEffect('undefined', 'removed', DOMAIN, RUNNING, 9)).toEqual({ kind: 'put', sighting: { ...RUNNING, persistent: false } });
    expect(lifecycleEffect('undefined', 'renamed', DOMAIN, STOPPED, 9)).toEqual({ kind: 'none' });
    expect(lifecycleEffect('undefined', 'removed', DOMAIN, undefined, 9)).toEqual({ kind: 'none' });
  });

  it('defines: a new one is shut off, a known one keeps its state', () => {
    expect(lifecycleEffect('defined', 'added', DOMAIN, undefined, 9)).toMatchObject({
      kind: 'put',
      sighting: { state: 'shutoff', reason: 'unknown', persistent: true, sinceMs: 9 },
    });
    expect(lifecycleEffect('defined', 'renamed', { ...DOMAIN, name: 'new' }, STOPPED, 9)).toEqual({
      kind: 'put',
      sighting: { ...STOPPED, name: 'new' },
    });
  });
});

it('knows an event of a newer libvirt for unknown', () => {
  expect(lifecycleChange('stopped')).toBe('stopped');
  expect(lifecycleChange('code 9')).toBeNull();
});
