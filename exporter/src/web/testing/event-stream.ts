/** For tests: reads server-sent events. */
import type { Changes } from '../changes.ts';

export interface ReceivedEvent {
  event: string;
  id: string;
  data: Changes;
}

export interface EventStream {
  type: string | null;
  /** The next event; comments are skipped. Rejects where the stream ends before. */
  next(): Promise<ReceivedEvent>;
  /** Resolves when the server ends it. */
  ended: Promise<void>;
  /** Comments seen so far. */
  comments(): number;
  close(): void;
}

export async function openStream(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
  const stop = new AbortController();
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: stop.signal });
  if (response.status !== 200 || response.body === null) throw new Error(`answered ${response.status}`);
  const events: ReceivedEvent[] = [];
  const waiting: (() => void)[] = [];
  let comments = 0;
  let isOver = false;
  const take = (block: string): void => {
    if (block.startsWith(':')) comments += 1;
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
    const data = fields.get('data');
    if (data !== undefined) events.push({ event: fields.get('event') ?? '', id: fields.get('id') ?? '', data: JSON.parse(data) as Changes });
  };
  const readAll = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of body) {
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        blocks.forEach(take);
        waiting.splice(0).forEach((wake) => wake());
      }
    } catch {
      // Closed by the test.
    }
    isOver = true;
    waiting.splice(0).forEach((wake) => wake());
  };
  const ended = readAll(response.body as ReadableStream<Uint8Array>);
  return {
    type: response.headers.get('content-type'),
    async next() {
      while (events.length === 0 && !isOver) await new Promise<void>((resolve) => waiting.push(resolve));
      const event = events.shift();
      if (event === undefined) throw new Error('the stream has ended');
      return event;
    },
    ended,
    comments: () => comments,
    close: () => stop.abort(),
  };
}
