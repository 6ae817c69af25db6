import { expect, test } from 'vitest';
import { judge } from './compatibility.ts';

const section = (name: string, words: string): string => `
🔬 Checking compatibility between src/all.ts and ${name}@13.0.0...
✔ Found ${name} version 13.2.2 locally
${words.replaceAll('NAME', name)}
`;
const DONE = `✔ Installed NAME@13.2.2 successfully
✔ Installed NAME@13.0.0 successfully
- Detecting changes between versions
✔ Successfully compared versions`;
const NAMES = ['@grafana/data', '@grafana/ui', '@grafana/runtime'];
const output = (words: string): string =>
  NAMES.map((name) => section(name, name === '@grafana/ui' ? words : DONE)).join('');

test('all packages compared, nothing named: compatible', () => {
  expect(judge(output(DONE), '13.0.0')).toMatchObject({ state: 'compatible', problems: [] });
});

test('what was removed or changed makes it incompatible', () => {
  const said = `${DONE}\n\n  INCOMPATIBILITIES (2)\n\n1) Removed \`ScrollContainer\` used in \`src/a.tsx:3\`\n2) Changed \`Field\` used in \`src/b.tsx:9\``;
  expect(judge(output(said), '13.0.0')).toMatchObject({
    state: 'incompatible',
    problems: [
      'Removed since 13.0.0: `ScrollContainer` used in `src/a.tsx:3`',
      'Changed since 13.0.0: `Field` used in `src/b.tsx:9`',
    ],
  });
});

test('changes in which levitate shows no difference are told, and no problem', () => {
  const { state, text } = judge(output(`${DONE}\n  INCOMPATIBILITIES (3)\n\n`), '13.0.0');
  expect([state, text]).toEqual(['compatible', expect.stringContaining('3 use(s) of types')]);
});

test('a package compared with another version is not called compatible', () => {
  expect(judge(output(DONE), '12.4.0').state).toBe('failed');
});

test.each([
  [
    'left out',
    `${DONE}\n   Skipping package @grafana/ui because it is not used in the project or not installed locally.`,
  ],
  ['not understood', `${DONE}\nCould not process the package @grafana/ui`],
  ['not reached', ''],
])('a package that was %s is not called compatible', (_what, words) => {
  expect(judge(output(words), '13.0.0')).toMatchObject({
    state: 'failed',
    text: expect.stringContaining('@grafana/ui'),
  });
});

test('no words at all are a failure', () => {
  expect(judge('', '13.0.0').state).toBe('failed');
});
