import { ACTIONS, FAULTS } from '../api/vocabulary';
import english from '../panel/locales/en-US/virtmedic-recoveryhistory-panel.json';
import { actionWord, actionWords } from './action';

describe('actionWord', () => {
  it('speaks to people where the action is known', () => {
    expect(['start', 'migrate', 'notify'].map(actionWord)).toEqual(['start', 'migrate live', 'notify']);
  });

  it('has a word for every action and fault that there is', () => {
    const { action, fault } = english.format;
    expect(Object.keys(action).sort()).toEqual(ACTIONS.map((name) => name.replaceAll('_', '-')).sort());
    expect(Object.keys(fault)).toEqual(expect.arrayContaining(FAULTS.map((name) => name.replaceAll('_', '-'))));
  });

  it('shows others as they are, cut, and what is no text as nothing', () => {
    expect(actionWord('set_link')).toBe('set link');
    expect(actionWord('constructor')).toBe('constructor');
    expect(actionWord('x'.repeat(1_000_000))).toHaveLength(80);
    expect([null, undefined, 7, {}].map(actionWord)).toEqual(['', '', '', '']);
  });

  it('reads lists', () => {
    expect(actionWords('notify, migrate', 100)).toBe('notify, migrate live');
    expect(actionWords('', 100)).toBe('');
    expect(actionWords('x'.repeat(1_000_000), 300).length).toBeLessThanOrEqual(300);
  });
});
