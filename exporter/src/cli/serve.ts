import { Command } from 'commander';
import { DEFAULT_CONFIG_FILE } from './check-config.ts';
import { EXIT_CODES_HELP } from './errors.ts';

export function serveCommand(): Command {
  return new Command('serve')
    .description('Run virtmedic until SIGTERM or SIGINT. SIGHUP reads the configuration again.')
    .option('--config <file>', 'the configuration file', DEFAULT_CONFIG_FILE)
    .option('--user <user>', 'run as this user, by name or number, with its groups: where it was started as root, it opens its ports, makes its missing folders, and is root never again')
    .addHelpText('after', EXIT_CODES_HELP)
    .action(async ({ config: configFile, user }: { config: string; user?: string }) => {
      const { serve } = await import('../app.ts');
      if (user === undefined) return serve({ configFile });
      const { startAsUser } = await import('../privileges/start-as-user.ts');
      return serve({ configFile, held: await startAsUser(user, configFile) });
    });
}
