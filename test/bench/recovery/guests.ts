/** The guests of the bench, each for one kind of fault and with its own policy. */
import type { Guest, Lab } from '../../lab/lab.ts';
import type { ConfigInput, Plan } from '../../stack/virtmedic-config.ts';

type Selector = NonNullable<ConfigInput['domains']>[number];

export interface BenchGuests {
  /** Killed; released by their alerts. One on each host. */
  alert: Guest[];
  /** Killed; released by the libvirt event. One on each host. */
  direct: Guest[];
  deleted: Guest;
  hung: Guest;
}

/** Many recoveries of one guest in a row are the point here, so the budget is out of the way and nothing cools down. */
const NO_LIMITS: Selector['ladders'] = {
  domain_crashed: { rungs: [{ action: 'start', timeoutSeconds: 60 }] },
  domain_missing: { rungs: [{ action: 'rebuild', timeoutSeconds: 120 }] },
  domain_hung: { rungs: [{ action: 'reset', timeoutSeconds: 90 }] },
};

export async function makeGuests(lab: Lab): Promise<BenchGuests> {
  const onEach = (name: string): Guest[] => lab.hosts.map((host) => lab.guest(host, { name: `${name}-${host.index}` }));
  const guests = { alert: onEach('alert'), direct: onEach('direct'), deleted: lab.guest(lab.host(1), { name: 'deleted' }), hung: lab.guest(lab.host(2), { name: 'hung' }) };
  for (const guest of [...guests.alert, ...guests.direct, guests.deleted, guests.hung]) await guest.start();
  return guests;
}

export function planFor({ hung }: BenchGuests): Plan {
  const probe = { type: 'http' as const, url: `http://${hung.address}/`, intervalSeconds: 2, timeoutSeconds: 2, failures: 3 };
  const common = { managed: true, ladders: NO_LIMITS };
  return {
    domains: [
      { ...common, match: { name: 'alert-*' } },
      { ...common, match: { name: 'direct-*' }, trigger: 'direct' },
      { ...common, match: { name: 'deleted' }, restartPolicy: 'always' },
      { ...common, match: { name: 'hung' }, probes: [probe] },
    ],
  };
}
