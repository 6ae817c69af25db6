import type { HealthyKind, KindName } from '../trace/kinds.ts';
import { between } from './between.ts';
import { NO_LOAD } from './step.ts';
import type { Action, LoadLevels, Step } from './step.ts';

export interface Steps {
  about: string;
  steps: Step[];
}

const SETTLE_SECONDS = 20;
const DAY_SECONDS = 86_400;
/** Every how many seeds a day takes a day. */
const REAL_DAY_EVERY = 4;

/** What a healthy guest does for so long. Levels are low: an emulated processor costs the machine as much as it shows. */
export function healthySteps(kind: HealthyKind, seconds: number, random: () => number): Steps {
  switch (kind) {
    case 'idle': return { about: 'idle', steps: [] };
    case 'daily-pattern': return daily(seconds, random);
    case 'batch': return batch(seconds, random);
    case 'flash-crowd': return crowd(seconds, random);
    case 'backup': return backup(seconds, random);
    case 'reboot': return withLight(seconds, random, 'restarts', restarts(seconds, random));
    case 'migration': return withLight(seconds, random, 'migrations', repeat(seconds, random, [240, 600], () => [{ afterSeconds: 0, action: { do: 'migrate' } }]));
  }
}

/** What a guest does before and while it declines; one whose storage stalls uses it. */
export function backgroundSteps(seconds: number, kind: KindName, random: () => number): Steps {
  if (kind === 'io-stall') return light({ disk: between(random, 10, 60), cpu: between(random, 2, 5) }, 'writes');
  const share = random();
  if (share < 0.55) return { about: 'idle', steps: [] };
  if (share < 0.75) return daily(seconds, random);
  return light({ cpu: between(random, 2, 4), ...(random() < 0.5 ? { disk: between(random, 4, 30) } : { net: between(random, 2, 10) }) }, 'steady');
}

function light(load: LoadLevels, about: string): Steps {
  return { about: `${about} ${JSON.stringify(load)}`, steps: [{ atSeconds: SETTLE_SECONDS, action: { do: 'load', load } }] };
}

function withLight(seconds: number, random: () => number, what: string, more: readonly Step[]): Steps {
  const base = backgroundSteps(seconds, 'idle', random);
  return { about: `${what}; ${base.about}`, steps: inOrder([...base.steps, ...more], seconds) };
}

function inOrder(steps: readonly Step[], seconds: number): Step[] {
  return steps.filter(({ atSeconds }) => atSeconds < seconds).sort((a, b) => a.atSeconds - b.atSeconds);
}

/** A raised cosine from night to noon, its phase and its noise by the seed; a new level every minute. */
function daily(seconds: number, random: () => number): Steps {
  const dayLasts = between(random, 1, REAL_DAY_EVERY) === 1 ? DAY_SECONDS : between(random, 900, 3600);
  const phase = random();
  const [disk, net] = random() < 0.5 ? [between(random, 10, 60), 0] : [0, between(random, 5, 30)];
  const peak = { cpu: between(random, 4, 12), memory: between(random, 3, 10), disk, net };
  const steps: Step[] = [];
  for (let atSeconds = SETTLE_SECONDS + between(random, 0, 59); atSeconds < seconds; atSeconds += 60) {
    const height = (1 - Math.cos(2 * Math.PI * (atSeconds / dayLasts + phase))) / 2;
    const level = (most: number): number => Math.round(most * height * (0.7 + 0.6 * random()));
    // Less than two percent cannot be made; memory moves in steps, as programs start and end.
    const load = { cpu: level(peak.cpu) < 2 ? 0 : level(peak.cpu), memory: Math.round((peak.memory * height) / 2) * 2, disk: level(peak.disk), net: level(peak.net) };
    steps.push({ atSeconds, action: { do: 'load', load } });
  }
  return { about: `a day of ${dayLasts} s, noon ${JSON.stringify(peak)}`, steps };
}

interface Burst {
  afterSeconds: number;
  action: Action;
}

/** The same again and again, the pause between two starts drawn each time. */
function repeat(seconds: number, random: () => number, pauseSeconds: readonly [number, number], burst: () => Burst[]): Step[] {
  const steps: Step[] = [];
  for (let atSeconds = SETTLE_SECONDS + between(random, 30, pauseSeconds[1]); atSeconds < seconds; atSeconds += between(random, ...pauseSeconds)) {
    for (const { afterSeconds, action } of burst()) steps.push({ atSeconds: atSeconds + afterSeconds, action });
  }
  return inOrder(steps, seconds);
}

function batch(seconds: number, random: () => number): Steps {
  const every = between(random, 300, 700);
  const load = { cpu: between(random, 15, 100), memory: between(random, 4, 22), disk: between(random, 40, 250) };
  const steps = repeat(seconds, random, [every, every], () => [
    { afterSeconds: 0, action: { do: 'busy-start', what: 'batch', load } },
    { afterSeconds: between(random, 40, 120), action: { do: 'busy-end', what: 'batch', load: NO_LOAD } },
  ]);
  return { about: `every ${every} s a batch of ${JSON.stringify(load)}`, steps };
}

function crowd(seconds: number, random: () => number): Steps {
  const steps = repeat(seconds, random, [600, 1200], () => {
    const top = { cpu: between(random, 30, 70), net: between(random, 40, 120), memory: between(random, 4, 14) };
    const phase = between(random, 20, 45);
    const share = (part: number): LoadLevels => ({ cpu: Math.round(top.cpu * part), net: Math.round(top.net * part) });
    return [
      { afterSeconds: 0, action: { do: 'busy-start', what: 'flash crowd', load: top } },
      { afterSeconds: 2 * phase, action: { do: 'load', load: share(0.5) } },
      { afterSeconds: 3 * phase, action: { do: 'load', load: share(0.2) } },
      { afterSeconds: 4 * phase, action: { do: 'busy-end', what: 'flash crowd', load: NO_LOAD } },
    ];
  });
  return { about: 'flash crowds', steps };
}

function backup(seconds: number, random: () => number): Steps {
  const load = { read: between(random, 512, 3000), net: between(random, 40, 150) };
  const lasts = Math.ceil((64 * 1024) / load.read) + 10;
  const steps = repeat(seconds, random, [400, 900], () => [
    { afterSeconds: 0, action: { do: 'busy-start', what: 'backup', load } },
    { afterSeconds: lasts, action: { do: 'busy-end', what: 'backup', load: NO_LOAD } },
  ]);
  return { about: `backups of ${JSON.stringify(load)} for ${lasts} s`, steps };
}

function restarts(seconds: number, random: () => number): Step[] {
  return repeat(seconds, random, [300, 900], () => [{ afterSeconds: 0, action: { do: random() < 0.5 ? 'reboot' : 'power-cycle' } }]);
}
