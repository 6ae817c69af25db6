import type { DomainEvent } from '../libvirt/index.ts';
import type { Stop } from '../policy/types.ts';
import type { DomainNews } from './events.ts';
import { forgetDomain, forgetHealth, noteHealth, noteSettings, type HostContext } from './host-context.ts';
import { lifecycleChange, lifecycleEffect } from './lifecycle.ts';
import { stopReason } from './states.ts';

/** Brings one of libvirt's events into the view, then tells of it. */
export function applyEvent(context: HostContext, event: DomainEvent): void {
  const { emit, host, clock, view } = context.options;
  const { uuid, name } = event.domain;
  const news: DomainNews = { host: host.name, uuid, name, atMs: clock.nowMs() };
  view.heard(host.name, news.atMs);
  switch (event.kind) {
    case 'lifecycle':
      applyLifecycle(context, event, news);
      break;
    case 'reboot':
      applyReboot(context, news);
      break;
    case 'watchdog': {
      const action = event.action.toLowerCase();
      context.faults.watchdogFired(uuid, action);
      emit({ kind: 'domain_watchdog', ...news, action });
      break;
    }
    case 'ioError':
      emit({
        kind: 'domain_io_error',
        ...news,
        action: event.action.toLowerCase(),
        path: event.sourcePath,
        device: event.deviceAlias,
        reason: event.reason,
      });
      break;
    case 'controlError':
      emit({ kind: 'control_error', ...news });
      break;
  }
  noteHealth(context, uuid);
}

function applyLifecycle(context: HostContext, event: DomainEvent & { kind: 'lifecycle' }, news: DomainNews): void {
  const { view, emit } = context.options;
  const { uuid, host, atMs } = news;
  const change = lifecycleChange(event.event.toLowerCase());
  const detail = event.detail.toLowerCase();
  context.touched.add(uuid);
  // An event of a newer libvirt: the next listing says what came of it.
  if (change === null) return context.listSoon();
  const stop: Stop | null = change === 'stopped' ? { atMs, reason: howItStopped(context, uuid, detail) } : null;
  noteFaults(context, change, detail, uuid);
  if (stop) view.stopped(host, uuid, stop);
  const effect = lifecycleEffect(change, detail, news, view.sighting(host, uuid), atMs);
  if (effect.kind === 'put') view.put(effect.sighting);
  if (effect.kind === 'remove') {
    view.remove(host, uuid, effect.undefinedSeen);
    forgetDomain(context, uuid);
  } else {
    context.instances.set(uuid, event.domain.id);
    const sighting = view.sighting(host, uuid);
    if (sighting) noteSettings(context, sighting, change === 'defined');
    // What no event tells: autostart, persistence, and what becomes of a domain that panicked.
    if (!context.listed.has(uuid) || change === 'crashed' || change === 'defined') context.listSoon();
  }
  emit({ kind: 'domain_lifecycle', ...news, change, detail, stop });
  if (change === 'crashed' && detail === 'panicked') emit({ kind: 'domain_panicked', ...news });
}

/** A QEMU that ends after its guest's panic ended by the panic. */
function howItStopped(context: HostContext, uuid: string, detail: string): Stop['reason'] {
  const reason = stopReason(detail);
  return context.faults.hasPanicked(uuid) && (reason === 'crashed' || reason === 'failed') ? 'panicked' : reason;
}

function noteFaults(context: HostContext, change: string, detail: string, uuid: string): void {
  if (change === 'crashed') {
    if (detail === 'panicked') context.faults.panicked(uuid);
  } else if (change === 'started') {
    forgetHealth(context, uuid);
  } else if (!(change === 'suspended' && detail === 'watchdog') && change !== 'defined' && change !== 'undefined' && change !== 'shutdown') {
    context.faults.clear(uuid);
  }
}

/** The same QEMU begins anew; also libvirt's own restart of a guest that panicked. */
function applyReboot(context: HostContext, news: DomainNews): void {
  const { view, emit } = context.options;
  forgetHealth(context, news.uuid);
  const sighting = view.sighting(news.host, news.uuid);
  if (sighting?.state === 'crashed') {
    context.touched.add(news.uuid);
    view.put({ ...sighting, state: 'running', reason: 'booted', sinceMs: news.atMs });
    noteSettings(context, { ...sighting, state: 'running' }, false);
    context.listSoon();
  }
  emit({ kind: 'domain_rebooted', ...news });
}
