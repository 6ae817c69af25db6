import type { Command } from 'commander';
import { ConfigError, formatProblem } from '../config/errors.ts';
import type { LoadedConfig } from '../config/load.ts';
import { localCommand } from './context.ts';
import type { CommonOptions, Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';

export const DEFAULT_CONFIG_FILE = '/etc/virtmedic/virtmedic.yaml';

export function checkConfigCommand(terminal: Terminal): Command {
  return localCommand('check-config', 'Check a configuration file and the files that it names, without starting anything.')
    .argument('[file]', 'the configuration file', DEFAULT_CONFIG_FILE)
    .action(async (file: string, { json }: CommonOptions) => {
      const found = await check(file);
      if (json === true) {
        terminal.out(`${JSON.stringify({ file, valid: found.errors.length === 0, errors: found.errors, warnings: found.warnings }, null, 2)}\n`);
        if (found.errors.length > 0) throw new CommandError(EXIT.usage, '');
        return;
      }
      for (const warning of found.warnings) terminal.note(`warning: ${formatProblem(warning)}\n`);
      if (found.loaded === null) {
        const { length } = found.errors;
        throw new CommandError(EXIT.usage, `${found.errors.map(formatProblem).join('\n')}\n${length} ${length === 1 ? 'error' : 'errors'}.`);
      }
      terminal.out(`${file}: ${summarise(found.loaded)}\n`);
    });
}

interface Found {
  loaded: LoadedConfig | null;
  errors: ConfigError['problems'];
  warnings: LoadedConfig['warnings'];
}

/** What reads and checks is loaded only here: every other command starts faster without it. */
async function check(file: string): Promise<Found> {
  const [{ loadConfig, loadYaml }, { inventorySchema }] = await Promise.all([import('../config/load.ts'), import('../policy/inventory.ts')]);
  let warnings: LoadedConfig['warnings'] = [];
  try {
    const loaded = await loadConfig(file);
    warnings = loaded.warnings;
    if (loaded.config.inventory !== undefined) await loadYaml(loaded.config.inventory.file, inventorySchema);
    return { loaded, errors: [], warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { loaded: null, errors: error.problems, warnings };
  }
}

function summarise({ config }: LoadedConfig): string {
  const managed = config.domains.filter((selector) => selector.managed).length;
  const dryRun = config.recovery.dryRun ? ', dry run' : '';
  return `valid; ${config.hosts.length} ${config.hosts.length === 1 ? 'host' : 'hosts'}, ${config.domains.length} selectors (${managed} managed${dryRun}), metrics on ${config.web.listen}, control on ${config.control.listen}`;
}
