const TIMEOUT_MS = 10_000;

/** A JSON exchange with a service; `body` makes it a POST. @throws for any answer but 2xx, with the answer's beginning. */
export async function fetchJson<T>(url: string, options: { body?: unknown; method?: string } = {}): Promise<T> {
  const answer = await fetch(url, {
    method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status}: ${text.slice(0, 500)}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
