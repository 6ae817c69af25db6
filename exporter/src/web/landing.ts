import type { HostObservation } from '../perception/view.ts';
import { forecastText } from '../prediction/forecast-text.ts';
import type { TargetForecast } from '../prediction/forecast-view.ts';

/** A host or domain that is failing, as forecast. */
export interface Failing {
  name: string;
  forecast: TargetForecast;
}

const MOST_ROWS = 100;

/** The page at `/`: what this is, how the hosts stand, where to go on. */
export function landingPage(version: string, hosts: readonly HostObservation[], failing: readonly Failing[]): string {
  const down = hosts.filter((host) => host.state !== 'up');
  const rows = down.map((host) => `<tr><td>${escape(host.name)}</td><td>${escape(host.state)}</td><td>${escape(host.error ?? '')}</td></tr>`);
  const table = rows.length === 0 ? '' : `<table><tr><th>Host</th><th>State</th><th>Error</th></tr>${rows.slice(0, MOST_ROWS).join('')}</table>`;
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>virtmedic</title>
<style>body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem}td,th{text-align:left;padding-right:2rem}</style></head>
<body>
<h1>virtmedic</h1>
<p>Watches KVM/QEMU hosts and virtual machines, exports metrics and recovers what failed. Version ${escape(version)}.</p>
<p>Hosts up: ${hosts.length - down.length} of ${hosts.length}</p>
${table}${failingTable(failing)}
<ul>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/-/healthy">Health</a>, <a href="/-/ready">readiness</a></li>
<li>API: <a href="/api/v1/hosts">hosts</a>, <a href="/api/v1/domains">domains</a>, <a href="/api/v1/incidents">incidents</a>, <a href="/api/v1/recoveries">recoveries</a>; all of it: <a href="/api/v1/openapi.json">OpenAPI document</a></li>
</ul>
</body>
</html>
`;
}

function failingTable(failing: readonly Failing[]): string {
  if (failing.length === 0) return '';
  const rows = failing.slice(0, MOST_ROWS).map(({ name, forecast }) => `<tr><td>${escape(name)}</td><td>${escape(forecastText(forecast) ?? '')}</td></tr>`);
  return `<p>Forecast to fail: ${failing.length}</p><table><tr><th>Target</th><th>Failure probability</th></tr>${rows.join('')}</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
