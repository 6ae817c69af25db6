import { MAIN, textAt, textOf, type Rule, type Subject } from '../subject.ts';

const README = 'README.md';

/** Without blocks and spans of code: what stands there is shown as it is. */
function proseOf(subject: Subject): string {
  return textOf(subject, README)
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/^ {4}.*$/gm, '')
    .replace(/`[^`\n]*`/g, '');
}

export const documentRules: Rule[] = [
  {
    id: 'readme',
    about: 'README.md is there, says something, and is not the one of a template.',
    check: (subject) => {
      const text = textOf(subject, README);
      return text.trim().length < 500
        ? ['README.md is missing or hardly says anything']
        : /^# Grafana (app|panel|data source|data source backend) plugin( template)?\b|Please complete the|<!-- This README/im.test(
              text
            )
          ? ["README.md is a template's"]
          : [];
    },
  },
  {
    id: 'readme-html',
    about: 'README.md has no HTML: the catalogue does not render it.',
    check: (subject) =>
      [...new Set(proseOf(subject).match(/<\/?[a-z]+[^>]*>|<!--/gi) ?? [])].map((tag) => `README.md has HTML: ${tag}`),
  },
  {
    id: 'readme-links',
    about: 'Links and images of README.md are absolute: relative ones lead nowhere in the catalogue.',
    check: (subject) =>
      [...proseOf(subject).matchAll(/(!?)\[[^\]]*\]\(\s*([^)\s]+)[^)]*\)/g)].flatMap(([, image, target = '']) => {
        const isFine = /^https:\/\/[^\s/]+\.[^\s/]+/.test(target) || (image === '' && /^(#|mailto:)/.test(target));
        return isFine ? [] : [`README.md: ${image === '' ? 'link' : 'image'} ${target}`];
      }),
  },
  {
    id: 'jargon',
    about: 'README.md is for users: how to build it belongs elsewhere.',
    check: (subject) =>
      [...new Set(textOf(subject, README).match(/\b(yarn|nodejs|node\.js|npm|webpack|mage)\b/gi) ?? [])].map(
        (word) => `README.md speaks of ${word}`
      ),
  },
  {
    id: 'unsigned-ids',
    about: 'Whoever says which plugins may be loaded unsigned names all of them.',
    check: (subject) => {
      const ids = [...subject.manifests.values()].map((manifest) => textAt(manifest, 'id'));
      const lists = new Map([...subject.repository.unsignedLists, [README, textOf(subject, README)]]);
      return [...lists].flatMap(([name, text]) => {
        const named = [...text.matchAll(/allow_loading_unsigned_plugins["']?\s*[=:]\s*["']?([\w,-]+)/gi)].map(
          (match) => match[1]?.split(',') ?? []
        );
        return named.length === 0
          ? [`${name} does not say allow_loading_unsigned_plugins`]
          : named.flatMap((list) =>
              ids.filter((id) => !list.includes(id)).map((id) => `${name}: ${id} is not in the list`)
            );
      });
    },
  },
  {
    id: 'changelog',
    about: 'CHANGELOG.md is there and tells of this version.',
    check: (subject) => {
      const version = textAt(subject.manifests.get(MAIN), 'info.version');
      const headings = textOf(subject, 'CHANGELOG.md').match(/^##? .*$/gm) ?? [];
      return headings.some((heading) => heading.split(/[\s[\]()]+/).some((word) => word.replace(/^v/, '') === version))
        ? []
        : [`CHANGELOG.md has no heading for ${version}`];
    },
  },
  {
    id: 'license',
    about: 'LICENSE is one that the catalogue takes, whole.',
    check: (subject) => {
      const text = textOf(subject, 'LICENSE').replace(/\s+/g, ' ');
      return LICENSES.some((phrases) => phrases.every((phrase) => text.includes(phrase)))
        ? []
        : ['LICENSE is missing, or not Apache-2.0, MIT, BSD, (A|L)GPL 3'];
    },
  },
];

/** Phrases from beginning and end of each, so that half a licence is none. */
const LICENSES: string[][] = [
  ['Apache License Version 2.0, January 2004', 'Grant of Patent License', 'END OF TERMS AND CONDITIONS'],
  ['Permission is hereby granted, free of charge', 'THE SOFTWARE IS PROVIDED "AS IS"', 'DEALINGS IN THE SOFTWARE'],
  ['Redistribution and use in source and binary forms', 'OF THE POSSIBILITY OF SUCH DAMAGE'],
  ['GNU AFFERO GENERAL PUBLIC LICENSE Version 3', 'END OF TERMS AND CONDITIONS'],
  ['GNU GENERAL PUBLIC LICENSE Version 3', 'END OF TERMS AND CONDITIONS'],
  ['GNU LESSER GENERAL PUBLIC LICENSE Version 3', 'choosing that version for the Library'],
];
