import type { Monitor } from '../memory/memory.ts';

/** A monitor that has an answer for each command of the human monitor; a command that it has none for is an error, as QMP commands are. */
export function fakeMonitor(answers: Record<string, string | (() => string)>): Monitor & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async human(command) {
      asked.push(command);
      const answer = answers[command];
      if (answer === undefined) throw new Error(`unknown command: ${command}`);
      return typeof answer === 'string' ? answer : answer();
    },
    async execute(command) {
      asked.push(command);
      throw new Error(`The command ${command} has not been found`);
    },
  };
}
