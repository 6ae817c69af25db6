import { MAIN, textAt, type Rule } from '../subject.ts';

export const archiveRules: Rule[] = [
  {
    id: 'archive-structure',
    about: 'The archive holds one folder and nothing beside it.',
    check: ({ archive, root, files }) => {
      if (archive.size === 0) {
        return ['the archive is empty'];
      }
      const outside = [...archive.keys()].filter((path) => !path.startsWith(`${root}/`));
      return [
        ...outside.map((path) => `${path} lies outside of the folder ${root}`),
        ...([...files.keys()].some((path) => path.startsWith('dist/'))
          ? ['the build lies in a folder dist: its content belongs one level up']
          : []),
      ];
    },
  },
  {
    id: 'archive-name',
    about: "The folder has the plugin's id as its name, the archive id and version.",
    check: ({ archiveName, root, manifests }) => {
      const manifest = manifests.get(MAIN);
      const id = textAt(manifest, 'id');
      const expected = `${id}-${textAt(manifest, 'info.version')}.zip`;
      return [
        ...(root === id ? [] : [`the folder is "${root}", the id "${id}"`]),
        ...(archiveName === expected ? [] : [`the archive is ${archiveName}, it should be ${expected}`]),
      ];
    },
  },
  {
    id: 'no-strays',
    about: 'Nothing of the development is in the archive.',
    check: ({ files }) =>
      [...files.keys()]
        .filter((path) =>
          /(^|\/)(node_modules|\.git|__tests__|coverage)\/|(^|\/)\.|\.(test|spec)\.|\.tsx?$|\.(pem|key|token)$/.test(
            path
          )
        )
        .map((path) => `${path} does not belong into the archive`),
  },
  {
    id: 'no-backend',
    about: 'Programs are in the archive only where plugin.json says so, and their debugging files never.',
    check: ({ files, manifests }) => {
      const programs = [...files.keys()].filter((path) =>
        /(^|\/)gpx_|\.exe$|_(linux|darwin|windows)_(amd64|arm64?)$/.test(path)
      );
      const declared = [...manifests].filter(
        ([, manifest]) => manifest.backend === true || textAt(manifest, 'executable') !== ''
      );
      return [
        ...(programs.length > 0 && declared.length === 0
          ? programs.map((path) => `${path} is a program, but no plugin.json has a backend`)
          : []),
        ...(programs.length === 0 ? declared.map(([path]) => `${path} has a backend, but there is no program`) : []),
        ...[...files.keys()]
          .filter((path) => /(^|\/)(standalone\.txt|pid\.txt)$/.test(path))
          .map((path) => `${path} is for debugging a backend`),
      ];
    },
  },
  {
    id: 'unsigned',
    about: 'The package is not signed by hand: the catalogue signs it.',
    check: ({ files }) =>
      files.has('MANIFEST.txt') ? ['MANIFEST.txt is there: a signature of another build, or a private one'] : [],
  },
];
