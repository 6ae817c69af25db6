// Times of day in expectations do not depend on where the tests run.
process.env.TZ = 'UTC';

const base = require('./.config/jest.config');
const { grafanaESModules, nodeModulesToTransform } = require('./.config/jest/utils');

const [swc] = Object.values(base.transform);

/** Packages that @grafana/* 13 needs and that come as ES modules only. */
const ES_MODULES = ['d3-[a-z-]+', 'internmap', 'delaunator', 'robust-predicates', 'marked', '@grafana/.*', 'react-data-grid', 'i18next.*', 'react-i18next', '@react-hookz/.*', '@ver0/.*'];

module.exports = {
  ...base,
  moduleFileExtensions: ['js', 'mjs', 'cjs', 'jsx', 'ts', 'tsx', 'json', 'node'],
  transform: { '^.+\\.(t|j|mj|cj)sx?$': swc },
  transformIgnorePatterns: [nodeModulesToTransform([...grafanaESModules, ...ES_MODULES])],
};
