import { parseArgs } from 'node:util';
import { COMMANDS } from './cli-commands.ts';
import { UsageError } from './cli-words.ts';
import { CommandError } from './command.ts';
import { KERNEL_CHOICES } from './guest/kernel-choice.ts';

const OPTIONS = {
  hosts: { type: 'string' },
  name: { type: 'string' },
  guests: { type: 'string' },
  lab: { type: 'string' },
  memory: { type: 'string' },
  kernel: { type: 'string' },
  debian: { type: 'boolean' },
  watchdog: { type: 'string' },
  panic: { type: 'boolean' },
  'no-balloon-stats': { type: 'boolean' },
  paused: { type: 'boolean' },
  'keep-logs': { type: 'string' },
  detach: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Returns the exit status: 0, 1 for what failed, 2 for a command line that cannot be right. */
async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  // Everything after `virsh HOST` is virsh's own.
  const split = name === 'virsh' ? rest.findIndex((word) => !word.startsWith('-')) + 1 : rest.length;
  const own = name === 'virsh' ? rest.slice(0, split) : rest;
  let parsed;
  try {
    parsed = parseArgs({ args: [...own], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error));
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help' || parsed.values.help === true) {
    console.log(usage());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return misused(`there is no command "${name}"`);
  const positionals = [...parsed.positionals, ...(name === 'virsh' ? rest.slice(split) : [])];
  if (positionals.length < command.minimum || positionals.length > command.maximum) return misused(`usage: ${command.usage}`);
  return command.run(positionals, parsed.values);
}

function misused(message: string): number {
  console.error(`${message}\nSee: npm run lab -- --help`);
  return 2;
}

function usage(): string {
  const width = Math.max(...Object.values(COMMANDS).map((command) => command.usage.length)) + 2;
  const rows = Object.values(COMMANDS).map((command) => `  ${command.usage.padEnd(width)}${command.summary}`);
  return `Hypervisors on this machine, each real libvirtd in namespaces of its own, with tiny virtual machines.

Usage: npm run lab -- COMMAND [OPTION…]

${rows.join('\n')}

Which lab: --lab ID or --lab NAME; not needed while only one is up. --json where a command prints something.
up:        --hosts N (2)  --name NAME (lab)  --guests N (0), named vm1, vm2, …  --detach  --keep-logs FOLDER
guest:     --memory MIB (128)  --kernel cloud|full  --watchdog ACTION  --panic  --no-balloon-stats  --paused
           with an agent, for the command run: --kernel ${KERNEL_CHOICES.join('|')}, and --debian
           (default memory 256 MiB, Debian's 512 MiB)
Exit status: 0 done, 1 failed, 2 wrong command line.`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof CommandError ? error.stderr.trim() || error.message : error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
