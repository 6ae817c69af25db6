import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { colorManipulator, createTheme, isIconName } from '@grafana/data';
import { OUTCOMES } from '../../api/vocabulary';
import type { Status } from '../model/types';
import { severityOf, statusLook } from './statusLook';

const STATUSES: Status[] = [...OUTCOMES, 'in_progress', 'ended', 'unknown'];
const ui = join(dirname(require.resolve('@grafana/ui/package.json')), 'dist/public/img/icons/unicons');

describe.each(['dark', 'light'] as const)('in the %s theme', (mode) => {
  const theme = createTheme({ colors: { mode } });

  test.each(STATUSES)('%s is readable against the panel', (status) => {
    const { color } = statusLook(theme, status);
    const ratio = colorManipulator.getContrastRatio(color, theme.colors.background.primary);
    expect(ratio).toBeGreaterThanOrEqual(3);
  });
});

describe('without colour', () => {
  const theme = createTheme();
  const looks = STATUSES.map((status) => statusLook(theme, status));

  test.each(['icon', 'word', 'glyph', 'severity'] as const)('no two statuses share their %s', (part) => {
    expect(new Set(looks.map((look) => look[part])).size).toBe(STATUSES.length);
  });

  test('statuses of one colour differ in their pattern', () => {
    const pairs = looks.map((look) => `${look.color} ${look.pattern}`);
    expect(new Set(pairs).size).toBe(STATUSES.length);
  });
});

test.each(STATUSES)('%s has an icon that @grafana/ui has a file for', (status) => {
  const { icon } = statusLook(createTheme(), status);
  expect(isIconName(icon)).toBe(true);
  expect(existsSync(join(ui, `${icon}.svg`))).toBe(true);
});

test('what needs a person is drawn above what went well', () => {
  expect(severityOf('escalated')).toBeGreaterThan(severityOf('in_progress'));
  expect(severityOf('failed')).toBeGreaterThan(severityOf('recovered'));
});
