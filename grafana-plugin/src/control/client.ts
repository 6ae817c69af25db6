/** The control routes of the app, through Grafana's plugin proxy. The browser never sees virtmedic's address or token. */
import { getBackendSrv, type BackendSrvRequest } from '@grafana/runtime';
import { lastValueFrom, timeout } from 'rxjs';
import { NotVirtmedicError } from '../api/read';
import { parseDomains, parseHosts, parseIncidents, parseRecoveries } from '../api/parse';
import type { Recovery } from '../api/types';
import { APP_ID } from '../constants';
import { ControlFailure, failureOf } from './failure';
import type { Order } from './order';
import { parseMaintenance, parseOrder, parsePause, parseSettings, type OrderAnswer } from './parse';

export const PROXY_URL = `/api/plugin-proxy/${APP_ID}`;

const READ_TIMEOUT_MS = 10_000;
const ORDER_TIMEOUT_MS = 30_000;
/** Of the recoveries that ended last. */
const RECENT = 50;

/** Sends one request, once, and reads its answer. Throws ControlFailure. */
async function ask<T>(method: string, path: string, read: (answer: unknown) => T, { data, params }: Pick<BackendSrvRequest, 'data' | 'params'> = {}): Promise<T> {
  try {
    const answer = getBackendSrv().fetch<unknown>({ method, url: `${PROXY_URL}/${path}`, data, params, showErrorAlert: false, showSuccessAlert: false });
    return read((await lastValueFrom(answer.pipe(timeout(method === 'GET' ? READ_TIMEOUT_MS : ORDER_TIMEOUT_MS)))).data);
  } catch (error) {
    throw new ControlFailure(failureOf(error));
  }
}

// Orders name a domain by its UUID: one without cannot be acted on.
export const readDomains = () => ask('GET', 'domains', (answer) => parseDomains(answer).items.filter(({ uuid }) => uuid !== ''));
export const readHosts = () => ask('GET', 'hosts', (answer) => parseHosts(answer).items);
export const readIncidents = () => ask('GET', 'incidents', (answer) => parseIncidents(answer).items);
export const readMaintenance = () => ask('GET', 'maintenance', parseMaintenance);
export const readPause = () => ask('GET', 'pause', parsePause);
export const readSettings = () => ask('GET', 'settings', parseSettings);

/** What ended last, the newest first. */
export const readRecent = (): Promise<Recovery[]> =>
  ask('GET', 'recoveries', (answer) => parseRecoveries(answer).items.filter(({ closedAtMs }) => closedAtMs !== null), { params: { limit: RECENT } });

/** Asks what the order would do. Nothing is done, and an answer that does not say so is not believed. */
export function checkOrder({ path, body }: Order): Promise<OrderAnswer> {
  return ask('POST', path, dryOnly, { data: { ...body, dryRun: true } });
}

function dryOnly(answer: unknown): OrderAnswer {
  const read = parseOrder(answer);
  if (!read.dryRun) {
    throw new NotVirtmedicError('json');
  }
  return read;
}

/** Gives the order. */
export function giveOrder({ path, body }: Order): Promise<OrderAnswer> {
  return ask('POST', path, parseOrder, { data: { ...body, dryRun: false } });
}

/** A domain that does not exist. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** Whether the token may give orders: a dry run for a domain that does not exist gets as far as not being found. Throws ControlFailure. */
export async function testToken(): Promise<void> {
  try {
    await checkOrder({ path: 'actions', body: { domain: NIL_UUID, action: 'start' } });
  } catch (error) {
    if (failureOf(error).kind !== 'not_found') {
      throw error;
    }
  }
}

const nothing = () => undefined;

export function acknowledge(incidentId: string): Promise<void> {
  const id = encodeURIComponent(incidentId);
  return ask('POST', `acknowledge/${id}/acknowledge`, nothing, { data: {} });
}

export function closeIncident(incidentId: string, reason: string): Promise<void> {
  const id = encodeURIComponent(incidentId);
  return ask('POST', `close/${id}/close`, nothing, { data: { reason } });
}

export function endMaintenance(maintenanceId: string): Promise<void> {
  return ask('DELETE', `maintenance/${encodeURIComponent(maintenanceId)}`, nothing);
}
