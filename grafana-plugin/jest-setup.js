import './.config/jest-setup';

/** Node's own MessageChannel keeps the process of a test alive for ever: timers do. */
class TimerMessageChannel {
  constructor() {
    const port = () => ({ onmessage: null, postMessage: () => {}, close: () => {} });
    this.port1 = port();
    this.port2 = port();
    this.port1.postMessage = (data) => setTimeout(() => this.port2.onmessage?.({ data }), 0);
    this.port2.postMessage = (data) => setTimeout(() => this.port1.onmessage?.({ data }), 0);
  }
}
Object.assign(globalThis, { MessageChannel: TimerMessageChannel });
