import type { RecoveryDetail } from '../../api/types';
import { chronicle } from './chronicle';
import { detailOf, START_MS } from './testItems';

const titles = (detail: RecoveryDetail): string[] => chronicle(detail).moments.map(({ title }) => title);

describe('chronicle', () => {
  it('tells everything in the order in which it happened', () => {
    expect(titles(detailOf('r'))).toEqual([
      'Seen: event',
      'Incident opened',
      'Waits for its alert',
      'Released by alert',
      'Decided to act: start',
      'Attempt 1: start on host-a, ordered by policy',
      'create',
      'Attempt 2: restart on host-a, ordered by policy',
      'destroy',
      'verify running',
      'Ended: recovered',
    ]);
  });

  it('says how long and how it went', () => {
    const { moments } = chronicle(detailOf('r'));
    const find = (title: string) => moments.find((moment) => moment.title === title);
    expect(find('create')).toMatchObject({ tookMs: 200, tone: 'bad', text: 'failed: internal error: no disk' });
    expect(find('destroy')).toMatchObject({ tookMs: 100, tone: 'good', text: 'succeeded' });
    expect(find('verify running')).toMatchObject({ tookMs: null, tone: 'plain', text: 'under way' });
    expect(find('Waits for its alert')).toMatchObject({ atMs: START_MS + 300, text: 'until Alertmanager says so' });
  });

  it('tells why it was closed once, and as a decision only while it is open', () => {
    const detail = detailOf('r');
    detail.decisions.push({ atMs: START_MS + 9200, kind: 'close', reason: 'recovered', why: 'running' });
    expect(titles(detail).filter((title) => title.includes('recovered'))).toEqual(['Ended: recovered']);
    detail.incident.closedAtMs = null;
    expect(titles(detail).filter((title) => title.includes('recovered'))).toEqual(['Decided: close, recovered']);
  });

  it('shows foreign names as they are', () => {
    const detail = detailOf('r');
    detail.decisions = [{ atMs: START_MS, kind: 'act', reason: '<b>&"/', why: '<img src=x>' }];
    expect(titles(detail)).toContain('Decided to act: <b>&"/');
  });

  it('bears missing lists, times that are none, texts without end, and says what it left out', () => {
    const detail = detailOf('r', { evidence: null as unknown as [] });
    detail.steps = Array.from({ length: 5000 }, (_, ordinal) => ({
      attemptId: 'a',
      ordinal,
      name: 'x'.repeat(100_000),
      state: 'failed',
      startedAtMs: START_MS + ordinal,
      endedAtMs: START_MS - 5,
      detail: 'y'.repeat(100_000),
    }));
    detail.attempts = undefined as unknown as [];
    detail.decisions = [{ atMs: NaN, kind: 'act', reason: 'never', why: '' }];
    const { moments, left } = chronicle(detail);
    expect(moments).toHaveLength(300);
    expect(left).toBe(5003 - 300);
    expect(Math.max(...moments.map(({ text, title }) => text.length + title.length))).toBeLessThan(2200);
    expect(moments.map(({ title }) => title)).not.toContain('Decided to act: never');
  });
});
