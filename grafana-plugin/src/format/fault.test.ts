import { faultIcon, faultLabel } from './fault';

describe('faultLabel', () => {
  it('speaks to people where the class is known', () => {
    expect(faultLabel('domain_crashed')).toBe('Killed or crashed');
    expect(faultLabel('host_down')).toBe('Host down');
    expect(faultLabel('requested')).toBe('Ordered by an operator');
  });

  it('shows other classes as they are, cut, and none as a dash', () => {
    expect(faultLabel('disk_on_fire')).toBe('disk_on_fire');
    expect(faultLabel('constructor')).toBe('constructor');
    expect(faultLabel('x'.repeat(1_000_000))).toHaveLength(60);
    expect(faultLabel('')).toBe('–');
  });
});

describe('faultIcon', () => {
  it('is there for what was forecast', () => {
    expect(['domain_failing', 'host_degraded', 'domain_hung', '', 'x'].map(faultIcon)).toEqual([
      'heart-rate',
      'heart-rate',
      null,
      null,
      null,
    ]);
  });
});
