/** Writes the reference of the command line from the commands themselves. */
import type { Command } from 'commander';
import { createProgram } from '../src/cli/program.ts';

const COLUMNS = 100;

export function commandLineReference(): string {
  const program = createProgram({ out: () => undefined, note: () => undefined, colour: false, nowMs: () => 0 });
  const sections = everyCommand(program, []).map(({ name, command }) => `## ${name}\n\n\`\`\`text\n${command.configureHelp({ helpWidth: COLUMNS }).helpInformation().trimEnd()}\n\`\`\`\n`);
  return `# Command line

Every command has \`--help\`. Commands that talk to the running virtmedic use its control listener: \`--url\` or \`VIRTMEDIC_URL\`, and where it asks for
a token, \`--token-file\` or \`VIRTMEDIC_TOKEN_FILE\`. With \`--json\` they print what the API answers. Colour is used only on a terminal, and not where
\`NO_COLOR\` is set. Exit codes: 0 done; 1 failed, or refused by virtmedic; 2 wrong usage, or an error in the configuration; 3 virtmedic cannot be reached.

${sections.join('\n')}`;
}

function everyCommand(command: Command, parents: readonly string[]): { name: string; command: Command }[] {
  const path = [...parents, command.name()];
  return [{ name: path.join(' '), command }, ...command.commands.flatMap((inner) => everyCommand(inner, path))];
}
