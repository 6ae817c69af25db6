/** Bodies of orders as the API takes them. */
import { z } from 'zod';
import { ACTIONS, APP_ACTIONS, isAppAction } from '../vocabulary.ts';
import type { ActionRequest } from './control.ts';
import { samplingIntervalSeconds } from './settings.ts';

export const LONGEST_MAINTENANCE_SECONDS = 366 * 86_400;
type Orderable = ActionRequest['action'];
const ORDERABLE = ['recover', ...ACTIONS.filter((action) => action !== 'notify' && action !== 'relocate')] as [Orderable, ...Orderable[]];

const name = z.string().min(1).max(256);
const reason = z.string().trim().max(1000);
const dryRun = z.boolean().default(false).describe('Change nothing; the answer says what would follow.');

export const actionBody = z
  .strictObject({
    domain: name.describe('UUID or name.'),
    app: name.optional().describe('Name of an app in the domain, where the order is for that.'),
    host: name.optional().describe('Needed only where the name is not unique.'),
    action: z.enum(ORDERABLE).describe('`recover`: what policy would do now.'),
    dryRun,
    reason: reason.default('').describe('Why; history keeps it.'),
  })
  .refine(({ app, action }) => app !== undefined || !isAppAction(action), { path: ['app'], error: 'is needed: the action is done to an app' })
  .refine(({ app, action }) => app === undefined || action === 'recover' || isAppAction(action), { path: ['action'], error: `is done to domains; with \`app\` give \`recover\` or one of ${APP_ACTIONS.map((one) => `\`${one}\``).join(', ')}` })
  .describe(`\`app\` is given with ${APP_ACTIONS.map((one) => `\`${one}\``).join(', ')} and may be given with \`recover\`.`);

export const closeBody = z.strictObject({ reason: reason.min(1).describe('Why; history keeps it.') });
export const pauseBody = z.strictObject({ paused: z.boolean(), reason: reason.default('').describe('Needed to pause.'), dryRun });
export const nothing = z.strictObject({}).default({});

export const maintenanceBody = z
  .strictObject({
    host: name.optional().describe('A host and its domains.'),
    domain: name.optional().describe('UUID or name of a domain.'),
    all: z.literal(true).optional().describe('Everything.'),
    until: z.iso.datetime({ offset: true }).optional().describe('When it ends; at most 366 days ahead.'),
    durationSeconds: z.number().positive().max(LONGEST_MAINTENANCE_SECONDS).optional().describe('How long it lasts, instead of `until`.'),
    reason: reason.min(1).describe('Why; others see it.'),
    dryRun,
  })
  .refine(({ host, domain, all }) => [host, domain, all].filter((scope) => scope !== undefined).length === 1, 'exactly one of `host`, `domain` and `all` is needed')
  .refine(({ until, durationSeconds }) => (until === undefined) !== (durationSeconds === undefined), 'exactly one of `until` and `durationSeconds` is needed')
  .describe('Exactly one of `host`, `domain` and `all`, and exactly one of `until` and `durationSeconds`.');

export const settingsBody = z.strictObject({
  samplingIntervalSeconds: samplingIntervalSeconds.nullable().describe('Time between two listings and samples of every host. Null: as the configuration file says.'),
  dryRun,
});
