import type { Rule } from '../subject.ts';
import { archiveRules } from './archive.ts';
import { codeRules } from './code.ts';
import { documentRules } from './documents.ts';
import { imageRules } from './images.ts';
import { manifestRules } from './manifest.ts';

/** What Grafana's catalogue asks of a plugin, as far as the package and the repository show it. */
export const RULES: readonly Rule[] = [
  ...archiveRules,
  ...manifestRules,
  ...imageRules,
  ...documentRules,
  ...codeRules,
];
