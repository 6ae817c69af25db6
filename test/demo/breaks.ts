import type { Guest, Lab } from '../lab/lab.ts';
import type { ConfigInput } from '../stack/virtmedic-config.ts';
import type { BreakName } from './options.ts';

type Selector = NonNullable<ConfigInput['domains']>[number];
type App = NonNullable<ConfigInput['apps']>[number];

/** One stop of the tour: its guest, how virtmedic treats it, and what is done to it. */
export interface Break {
  title: string;
  /** Faults of apps share one guest, since it runs on: a guest helper serves the guests of one host. */
  guestName: string;
  /** For people: how virtmedic is told to treat the guest. */
  treatment: string;
  selector(guest: Treated): Selector;
  /** What breaks inside the guest, which the guest helper may then look into and act in. Null: the guest itself breaks. */
  app: App | null;
  /** Breaks it; returns what was done. */
  inflict(guest: Guest): Promise<string>;
}

const APP_GUEST = 'vm4';

/** The web server of the lab's guests; it puts itself into the background. */
const WEB_SERVER: App = {
  name: 'web',
  domains: { name: APP_GUEST },
  match: { executable: '/bin/busybox', commandLine: '*httpd -p 80 -h /www' },
  port: 80,
  start: { command: ['/bin/httpd', '-p', '80', '-h', '/www'] },
};

const INSIDE = {
  guestName: APP_GUEST,
  treatment: 'its web server is declared as an app; the guest helper may look into this guest, and start and kill programs in it: no agent inside',
  selector: ({ name }) => ({ match: { name }, managed: true }),
  app: WEB_SERVER,
} satisfies Partial<Break>;

export const TOUR: Readonly<Record<BreakName, Break>> = {
  'vm-killed': {
    title: 'the QEMU process of a virtual machine is killed',
    guestName: 'vm1',
    treatment: 'restart policy on-failure: what fails is started again, what a person stops stays off',
    selector: ({ name }) => ({ match: { name }, managed: true }),
    app: null,
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
    app: null,
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
    app: null,
    inflict: async (guest) => {
      await guest.fault('hang');
      return `kernel panic inside ${guest.name} on ${guest.host.name}, with no panic device to tell of it`;
    },
  },
  'app-killed': {
    ...INSIDE,
    title: 'the web server inside a guest is killed; the guest runs on',
    inflict: async (guest) => {
      await guest.fault('httpd-stop');
      return `killall httpd (inside ${guest.name} on ${guest.host.name})`;
    },
  },
  'app-hung': {
    ...INSIDE,
    title: 'the web server inside a guest is stopped: it is there, and answers nobody',
    inflict: async (guest) => {
      await guest.fault('httpd-hang');
      return `killall -STOP httpd (inside ${guest.name} on ${guest.host.name})`;
    },
  },
};

/** Makes the guests that the breaks need, spread over the hosts. */
export function makeGuests(lab: Lab, breaks: readonly BreakName[]): Map<BreakName, Guest> {
  const names = [...new Set(breaks.map((name) => TOUR[name].guestName))];
  const guests = new Map(names.map((name, index) => [name, lab.guest(lab.host((index % lab.hosts.length) + 1), { name })]));
  return new Map(breaks.map((name) => [name, guests.get(TOUR[name].guestName) as Guest]));
}

type Treated = Pick<Guest, 'name' | 'address'>;

/** How virtmedic treats the guests of the breaks: each guest and each app once. */
export function treatmentOf(guests: ReadonlyMap<BreakName, Treated>): Required<Pick<ConfigInput, 'domains' | 'apps'>> {
  const selectors = new Map([...guests].map(([name, guest]) => [guest.name, TOUR[name].selector(guest)]));
  return { domains: [...selectors.values()], apps: [...new Set([...guests.keys()].flatMap((name) => TOUR[name].app ?? []))] };
}
