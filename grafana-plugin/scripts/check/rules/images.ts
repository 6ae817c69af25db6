import { besides, isObject, listAt, textAt, type Rule, type Subject } from '../subject.ts';

interface Image {
  /** The plugin.json that names it. */
  manifest: string;
  path: string;
}

const LARGEST_LOGO_BYTES = 100 * 1024;
const LARGEST_SCREENSHOT_BYTES = 5 * 1024 * 1024;
const LEAST_WIDTH_PIXELS = 600;

function logos({ manifests }: Subject): Image[] {
  return [...manifests].flatMap(([manifest, content]) =>
    ['info.logos.small', 'info.logos.large'].map((key) => ({ manifest, path: textAt(content, key) }))
  );
}

function screenshots({ manifests }: Subject): Image[] {
  return [...manifests].flatMap(([manifest, content]) =>
    listAt(content, 'info.screenshots')
      .filter(isObject)
      .map((screenshot) => ({ manifest, path: textAt(screenshot, 'path') }))
  );
}

function file(subject: Subject, { manifest, path }: Image): Buffer | undefined {
  return subject.files.get(besides(manifest, path));
}

export const imageRules: Rule[] = [
  {
    id: 'image-paths',
    about: 'Paths of logos and screenshots are relative to their plugin.json and do not leave its folder.',
    check: (subject) =>
      [...logos(subject), ...screenshots(subject)].flatMap(({ manifest, path }) =>
        path.trim() === ''
          ? [`${manifest}: a path is empty`]
          : /^[./]|:|\\|(^|\/)\.\./.test(path)
            ? [`${manifest}: ${path} is no path below it`]
            : []
      ),
  },
  {
    id: 'logos',
    about: 'Small and large logo of every plugin are there, as SVG, and small files.',
    check: (subject) =>
      logos(subject).flatMap((logo) => {
        const content = file(subject, logo);
        if (content === undefined) {
          return [`${logo.manifest}: the logo "${logo.path}" is not in the archive`];
        }
        const isSvg = logo.path.endsWith('.svg') && /<svg[\s>]/.test(content.toString('utf8'));
        return [
          ...(isSvg ? [] : [`${logo.manifest}: the logo ${logo.path} is no SVG`]),
          ...(content.length > LARGEST_LOGO_BYTES
            ? [`${logo.manifest}: the logo ${logo.path} has ${content.length} bytes`]
            : []),
        ];
      }),
  },
  {
    id: 'screenshots',
    about: 'The catalogue has at least one screenshot, each a PNG large enough to be read.',
    check: (subject) => {
      const all = screenshots(subject);
      const ofApp = all.filter(({ manifest }) => manifest === 'plugin.json');
      return [
        ...(ofApp.length === 0 ? ['plugin.json: no screenshots'] : []),
        ...all.flatMap((screenshot) => {
          const content = file(subject, screenshot);
          return content === undefined
            ? [`${screenshot.manifest}: ${screenshot.path} is not in the archive`]
            : pictureProblems(screenshot.path, content);
        }),
      ];
    },
  },
  {
    id: 'unsafe-svg',
    about: 'No SVG runs anything or loads something from elsewhere.',
    check: ({ files }) =>
      [...files]
        .filter(([path]) => path.endsWith('.svg'))
        .flatMap(([path, content]) => unsafeParts(content.toString('utf8')).map((part) => `${path}: ${part}`)),
  },
];

function pictureProblems(path: string, content: Buffer): string[] {
  const isPng =
    content.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) && content.length > 24;
  if (!isPng) {
    return [`${path} is no PNG`];
  }
  const width = content.readUInt32BE(16);
  return [
    ...(width < LEAST_WIDTH_PIXELS ? [`${path} is only ${width} pixels wide`] : []),
    ...(content.length > LARGEST_SCREENSHOT_BYTES ? [`${path} has ${content.length} bytes`] : []),
  ];
}

function unsafeParts(svg: string): string[] {
  const elements =
    svg.match(/<\s*(script|iframe|foreignObject|annotation-xml|audio|math|noscript|template|xmp|embed|object)\b/gi) ??
    [];
  const handlers = svg.match(/\son[a-z]+\s*=/gi) ?? [];
  const elsewhere = svg.match(/(href|src)\s*=\s*["']\s*(javascript:|data:text|https?:|\/\/)[^"']*/gi) ?? [];
  return [...elements, ...handlers, ...elsewhere, ...(/<!ENTITY/i.test(svg) ? ['<!ENTITY'] : [])].map((part) =>
    part.trim()
  );
}
