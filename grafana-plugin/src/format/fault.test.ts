import { availableIconsIndex } from '@grafana/data';
import { FAULTS } from '../api/vocabulary';
import { faultLabel, faultMark } from './fault';

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

describe('faultMark', () => {
  it('is there for what was forecast, and for each fault of an application another', () => {
    const icons = ['domain_failing', 'host_degraded', 'domain_hung', '', 'constructor'].map(
      (fault) => faultMark(fault)?.icon
    );
    expect(icons).toEqual(['heart-rate', 'heart-rate', undefined, undefined, undefined]);
    const marks = FAULTS.filter((fault) => fault.startsWith('app_')).map(faultMark);
    expect(marks.map((mark) => mark?.tone)).toEqual(['error', 'warning', 'info']);
    expect(new Set(marks.map((mark) => mark?.icon)).size).toBe(3);
  });

  it('is an icon that Grafana has', () => {
    const icons = FAULTS.flatMap((fault) => faultMark(fault)?.icon ?? []);
    expect(icons.length).toBeGreaterThan(4);
    expect(icons.filter((icon) => !(icon in availableIconsIndex))).toEqual([]);
  });
});
