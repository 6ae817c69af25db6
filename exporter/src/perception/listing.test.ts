import { describe, expect, it } from 'vitest';
import type { Call, Caller, Parameters } from '../libvirt/index.ts';
import { sumCounters } from './counters.ts';
import { readListing, toSighting, type ListedDomain } from './listing.ts';
import type { DomainSighting } from './view.ts';

const REF = { name: 'vm', uuid: 'u', id: 3 };
const LISTED: ListedDomain = { ref: REF, state: 'running', reason: 'booted', persistent: true, autostart: false };
const SIGHTING: DomainSighting = {
  uuid: 'u', name: 'vm', host: 'a', state: 'running', reason: 'booted', sinceMs: 1, persistent: true, autostart: false,
};

/** Answers by the call's name and flags. */
function caller(answer: (name: string, flags: number) => unknown): Caller {
  return { call: (call: Call<never, unknown>, args: unknown) => Promise.resolve(answer(call.name, (args as { flags?: number }).flags ?? 0)) } as Caller;
}

describe('readListing', () => {
  const list = (params: Record<string, number>) =>
    readListing(
      caller((name, flags) => {
        if (name === 'connectGetAllDomainStats') return [{ domain: REF, params }];
        return flags === 8 ? [REF] : [];
      }),
      1000,
    );

  it('joins state, persistence and autostart', async () => {
    expect(await list({ 'state.state': 5, 'state.reason': 3 })).toEqual([
      { ref: REF, state: 'shutoff', reason: 'crashed', persistent: false, autostart: false },
    ]);
  });

  it('takes a state that it does not know for running, so that nothing is done', async () => {
    expect(await list({ 'state.state': 9, 'state.reason': 0 })).toMatchObject([{ state: 'running', reason: 'state 9' }]);
    expect(await list({})).toMatchObject([{ state: 'running' }]);
  });
});

describe('toSighting', () => {
  it('keeps the time of a state that lasts, whatever its reason', () => {
    const known = { sighting: { ...SIGHTING, reason: 'unpaused' }, instance: 3 };
    expect(toSighting(LISTED, 'a', known, 9)).toEqual({ sighting: SIGHTING, changed: false, restarted: false });
  });

  it('sees a restart that no event told of by the number of the instance', () => {
    expect(toSighting(LISTED, 'a', { sighting: SIGHTING, instance: 2 }, 9)).toMatchObject({ sighting: { sinceMs: 9 }, changed: true, restarted: true });
    expect(toSighting(LISTED, 'a', { sighting: SIGHTING, instance: null }, 9)).toMatchObject({ changed: false });
    expect(toSighting(LISTED, 'a', { sighting: { ...SIGHTING, state: 'shutoff' }, instance: -1 }, 9)).toMatchObject({ changed: true, restarted: false });
  });

  it('makes a first sighting no change', () => {
    expect(toSighting(LISTED, 'a', null, 9)).toMatchObject({ sighting: { sinceMs: 9 }, changed: false });
  });
});

describe('sumCounters', () => {
  const params: Parameters = { 'net.count': 1, 'net.0.tx.pkts': 4, 'block.count': 2, 'block.0.rd.reqs': 1, 'block.0.wr.reqs': 2 };

  it('sums all interfaces and disks; an empty drive has no counters', () => {
    expect(sumCounters(params)).toEqual({ networkTransmitPackets: 4, blockRequests: 3 });
  });

  it('is not known where the monitor did not answer, or there is nothing to count', () => {
    expect(sumCounters({ 'net.count': 1, 'net.0.tx.pkts': 4, 'block.count': 1, 'block.0.name': 'vda' })).toBeNull();
    expect(sumCounters({ 'net.count': 0, 'block.count': 0 })).toBeNull();
    expect(sumCounters({})).toBeNull();
  });

  it('does with what a domain has', () => {
    expect(sumCounters({ 'net.count': 1, 'net.0.tx.pkts': 4, 'block.count': 0 })).toEqual({ networkTransmitPackets: 4, blockRequests: 0 });
  });
});
