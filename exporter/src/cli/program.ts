import { Command } from 'commander';
import { VERSION } from '../version.ts';
import { backtestCommand } from './backtest.ts';
import { checkConfigCommand } from './check-config.ts';
import { commandGroup } from './context.ts';
import type { Terminal } from './context.ts';
import { guestHelperCommand } from './guest-helper.ts';
import { historyCommand } from './history.ts';
import { incidentsCommand } from './incidents.ts';
import { maintenanceCommand } from './maintenance.ts';
import { orderCommands } from './orders.ts';
import { psCommand } from './ps.ts';
import { serveCommand } from './serve.ts';
import { statusCommand } from './status.ts';
import { trainCommand } from './train.ts';

/** The whole command line. Parsing throws CommanderError or CommandError. */
export function createProgram(terminal: Terminal): Command {
  const program = commandGroup('virtmedic', 'Watches KVM/QEMU hosts and virtual machines, exports Prometheus metrics and recovers what failed.')
    .version(VERSION, '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.note });
  const commands = [
    serveCommand(),
    checkConfigCommand(terminal),
    statusCommand(terminal),
    psCommand(terminal),
    incidentsCommand(terminal),
    historyCommand(terminal),
    maintenanceCommand(terminal),
    ...orderCommands(terminal),
    backtestCommand(terminal),
    trainCommand(terminal),
    guestHelperCommand(terminal),
  ];
  for (const command of commands) program.addCommand(inherit(command, program));
  return program;
}

function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inherit(inner, command);
  return command.helpOption('-h, --help', 'show this help');
}
