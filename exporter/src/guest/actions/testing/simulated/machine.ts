import type { SimulatedMemory } from './memory.ts';
import type { SimulatedTime } from './time.ts';

/** How slow a simulated guest is: the next delay in milliseconds, for each kind of thing that it does. */
export interface GuestSpeed {
  key(): number;
  /** Until a worker takes a work item. */
  pickUp(): number;
  /** Until the work function reads the command, and until the started program ends. */
  read(): number;
  run(): number;
}

/** What a simulated guest went through. */
export interface Happened {
  restarts: string[];
  powerOffs: number;
  oomKills: number;
  ran: string[];
  keysHandled: number;
}

/** What the parts of a simulated guest share. */
export interface Machine {
  memory: SimulatedMemory;
  time: SimulatedTime;
  speed: GuestSpeed;
  happened: Happened;
}
