import CopyWebpackPlugin from 'copy-webpack-plugin';
import type { Configuration } from 'webpack';
import scaffolded from './.config/webpack/webpack.config.ts';
import type { Env } from './.config/webpack/webpack.config.ts';

/** Grafana's build, which takes logo and README of the app alone; the nested plugins have their own. */
export default async function config(env: Env): Promise<Configuration> {
  const base = await scaffolded(env);
  const nested = new CopyWebpackPlugin({
    patterns: ['panel', 'datasource'].flatMap((folder) => [
      { from: `${folder}/img`, to: `${folder}/img` },
      { from: `${folder}/README.md`, to: `${folder}/README.md`, noErrorOnMissing: true },
    ]),
  });
  return { ...base, plugins: [...(base.plugins ?? []), nested] };
}
