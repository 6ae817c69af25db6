import type { Guest, Lab } from '../lab/lab.ts';
import type { ConfigInput } from '../stack/virtmedic-config.ts';
import type { BreakName } from './options.ts';

type Selector = NonNullable<ConfigInput['domains']>[number];

/** One stop of the tour: a guest of its own, how virtmedic treats it, and what is done to it. */
export interface Break {
  title: string;
  guestName: string;
  /** For people: how virtmedic is told to treat the guest. */
  treatment: string;
  selector(guest: Guest): Selector;
  /** Breaks the guest; returns what was done. */
  inflict(guest: Guest): Promise<string>;
}

export const TOUR: Readonly<Record<BreakName, Break>> = {
  'vm-killed': {
    title: 'the QEMU process of a virtual machine is killed',
    guestName: 'vm1',
    treatment: 'restart policy on-failure: what fails is started again, what a person stops stays off',
    selector: ({ name }) => ({ match: { name }, managed: true }),
    inflict: async (guest) => {
      const pid = guest.qemuPid();
      guest.killQemu();
      return `kill -KILL ${pid} (QEMU of ${guest.name} on ${guest.host.name})`;
    },
  },
  'vm-deleted': {
    title: 'a virtual machine is deleted with virsh',
    guestName: 'vm2',
    treatment: 'restart policy always: any stop or deletion that virtmedic was not told of is a fault',
    selector: ({ name }) => ({ match: { name }, managed: true, restartPolicy: 'always' }),
    inflict: async (guest) => {
      await guest.destroy();
      await guest.undefine();
      return `virsh destroy ${guest.name}; virsh undefine ${guest.name} (on ${guest.host.name})`;
    },
  },
  'vm-hung': {
    title: 'the kernel of a guest stops; its QEMU process runs on as if nothing had happened',
    guestName: 'vm3',
    treatment: 'an HTTP probe is declared: every 2 s, three failures count',
    selector: ({ name, address }) => ({
      match: { name },
      managed: true,
      probes: [{ type: 'http', url: `http://${address}/`, intervalSeconds: 2, timeoutSeconds: 2, failures: 3 }],
    }),
    inflict: async (guest) => {
      await guest.fault('hang');
      return `kernel panic inside ${guest.name} on ${guest.host.name}, with no panic device to tell of it`;
    },
  },
};

/** Makes the guests that the breaks need, spread over the hosts. */
export function makeGuests(lab: Lab, breaks: readonly BreakName[]): Map<BreakName, Guest> {
  return new Map(breaks.map((name, index) => [name, lab.guest(lab.host((index % lab.hosts.length) + 1), { name: TOUR[name].guestName })]));
}
