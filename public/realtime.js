// The live analytics of one workspace: a stream by EventSource, or polling where streams do not get through.
//
//   const live = new RealtimeAnalytics('harbor', { onStatsUpdate: (stats) => console.log(stats.onlineUsers) });
//
// One state machine owns every timer and connection, so that there are never two loops:
//
//   idle → connecting → live ⇄ reconnecting → (after `pollAfter` failures) polling → live
//                              any of them  → closed (disconnect, administrator, no access), signedOut
//
// EventSource's own retry is not used: it ends for good on any answer but 200, so each failure closes it, and the
// next attempt follows full-jitter backoff with the last id in the query. The server resumes after that id, so no
// event is lost or shown twice.

import { Backoff } from './backoff.js';
import { StreamPosition } from './position.js';
import { analyticsURL, eventsURL, request, RequestError } from './transport.js';

/** Heartbeats come every 30 s; two and a half of them without any event mean that the stream is mute. */
const WATCHDOG = 75_000;
/** A stream that has not said `connected` by then is held back by something on the way. */
const CONNECT_TIMEOUT = 15_000;
/** A stream that stayed open this long counts as a success, even when nothing happened on it. */
const PROVEN = 10_000;
const POLL_INTERVAL = 5_000;
const PAGE = 500;

const defaults = {
  enabled: true,
  autoReconnect: true,
  maxReconnectAttempts: Infinity,
  reconnectDelay: 1_000,
  maximumDelay: 30_000,
  pollAfter: 3,
  /** How many of the latest events to deliver before the live ones. */
  backfill: 0,
  /** 'stream', or 'poll' for environments that cannot stream. */
  transport: 'stream',
  pollInterval: POLL_INTERVAL,
  lastEventId: null,
  onConnect() {},
  onDisconnect() {},
  onError() {},
  onStatsUpdate() {},
  /** Each event of the log, once, in order. */
  onEvent() {},
  /** `{state, attempt, delay, reason}` on every change. */
  onState() {},
  /** The position is no longer resumable: events between were not seen. */
  onReset() {},
};

export class RealtimeAnalytics {
  stats = null;
  error = null;
  state = 'idle';
  connections = null;
  /** When the figures in `stats` arrived, in milliseconds of `performance.now()`. */
  statsAt = null;

  #workspace;
  #options;
  #position;
  #backoff;
  #source = null;
  #timers = new Map();
  #aborts = new Map();
  #etag = null;
  #heardAt = 0;
  #retryFloor = 0;
  #suspended = false;
  #listeners;

  constructor(workspace, options = {}) {
    this.#workspace = workspace;
    this.#options = { ...defaults, ...options };
    this.#position = new StreamPosition(this.#options.lastEventId);
    this.#backoff = new Backoff(this.#options.reconnectDelay, this.#options.maximumDelay);
    this.#listeners = this.#watchPage();
    if (this.#options.enabled) this.reconnect();
  }

  get isConnected() { return this.state === 'live'; }
  get lastEventId() { return this.#position.text; }
  get workspace() { return this.#workspace; }

  /** Drops what is open and starts again at once; attempts are counted anew. */
  reconnect() {
    this.#stop();
    this.#backoff.reset();
    this.#suspended = false;
    this.error = null;
    this.#enter('connecting');
    this.#begin();
  }

  /** Closes everything and stays closed until `reconnect()`. */
  disconnect() {
    const wasLive = this.isConnected;
    this.#stop();
    this.#enter('closed', { reason: 'disconnected' });
    if (wasLive) this.#options.onDisconnect('disconnected');
  }

  /** Disconnects and forgets the page: the object is not used again. */
  close() {
    this.disconnect();
    this.#listeners.abort();
  }

  /** Posts one event; retries what may succeed later under one idempotency key. Resolves to the server's answer. */
  async trackEvent(eventType, eventData = {}, { sessionId, attempts = 4 } = {}) {
    const key = randomKey();
    const delays = new Backoff(500, 8_000);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await request(analyticsURL(this.#workspace), {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
          body: JSON.stringify({ eventType, eventData, ...(sessionId && { sessionId }) }),
        });
        return answer.body;
      } catch (error) {
        if (!error.isTransient || attempt >= attempts) throw error;
        await new Promise((resume) => setTimeout(resume, Math.max(delays.next(), error.retryAfter)));
      }
    }
  }

  // MARK: Connecting

  async #begin() {
    if (this.#options.transport === 'poll' || typeof EventSource === 'undefined') return this.#poll();
    if (this.#options.backfill > 0 && this.#position.text === null) {
      const signal = this.#signal('attempt');
      try {
        await this.#prime(signal);
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
        return;
      }
      if (signal.aborted) return;
    }
    this.#open();
  }

  /** Shows the figures and the latest events before the stream opens; the stream then resumes behind them. */
  async #prime(signal) {
    const snapshot = await this.#snapshot(signal);
    const head = StreamPosition.parse(snapshot?.meta?.lastEventId);
    if (head && this.#position.text === null) {
      const from = Math.max(0, head.sequence - this.#options.backfill);
      this.#position.move(`${head.epoch}-${from}`);
      await this.#catchUp(signal);
    }
  }

  #open() {
    const source = new EventSource(analyticsURL(this.#workspace, { lastEventId: this.#position.text }));
    this.#source = source;
    this.#heardAt = performance.now();
    this.#after('connect', CONNECT_TIMEOUT, () => this.#failed(new Error('the stream did not start')));
    const on = (type, act) => source.addEventListener(type, (message) => {
      if (source !== this.#source) return;
      this.#heard();
      act(parse(message.data), message);
    });
    on('connected', (_, message) => this.#connected(message));
    on('stats', (stats) => { if (stats) { this.#take(stats); this.#prove(); } });
    on('ping', () => this.#prove());
    on('event', (event, message) => {
      if (event) this.#deliver(event, message.lastEventId || event.id);
      this.#prove();
    });
    on('reset', (reset, message) => {
      this.#position.jump(message.lastEventId || reset?.head);
      this.#options.onReset(reset ?? {});
    });
    on('closing', (closing) => this.#closing(closing ?? {}));
    source.addEventListener('error', () => {
      if (source !== this.#source) return;
      const final = source.readyState === EventSource.CLOSED;
      this.#closeSource();
      if (final) this.#probe(); else this.#failed(new Error('the connection was lost'));
    });
  }

  #connected(message) {
    this.#cancel('connect', 'poll', 'retry');
    this.#endRequests();
    if (message.lastEventId && this.#position.text === null) this.#position.move(message.lastEventId);
    this.error = null;
    this.#retryFloor = 0;
    this.#after('proven', PROVEN, () => this.#prove());
    this.#enter('live');
    this.#options.onConnect();
  }

  /** The stream works: the next failure starts from the shortest delay. */
  #prove() {
    this.#backoff.reset();
    this.#cancel('proven');
  }

  #heard() {
    this.#heardAt = performance.now();
    this.#after('watchdog', WATCHDOG, () => this.#failed(new Error('the stream went silent')));
  }

  /** The server says goodbye: `retryMs` is the slot it gives us, kept in full. */
  #closing({ reason = 'unknown', retryMs = 0 }) {
    this.#closeSource();
    if (reason === 'auth_expired') return this.#probe();
    this.#retryFloor = Number.isFinite(retryMs) ? Math.min(Math.max(retryMs, 0), 120_000) : 0;
    this.#failed(null, reason);
  }

  /** EventSource does not tell why it was refused; a HEAD of the same address does. */
  async #probe() {
    const signal = this.#signal('attempt');
    let failure = new Error('the stream was refused');
    try {
      const { status } = await request(analyticsURL(this.#workspace), {
        method: 'HEAD', headers: { Accept: 'text/event-stream' }, signal,
      });
      if (status === 204) return this.#end('closed', 'closed by an administrator');
    } catch (error) {
      failure = error;
    }
    if (!signal.aborted) this.#failed(failure);
  }

  // MARK: Failing

  #failed(error, reason = error?.message ?? 'closed') {
    const wasLive = this.isConnected;
    this.#closeSource();
    if (wasLive) this.#options.onDisconnect(reason);
    if (error) {
      this.error = error.message;
      this.#options.onError(error);
    }
    if (error instanceof RequestError && error.isFinal) {
      return error.status === 401 ? this.#end('signedOut', 'signed out') : this.#end('closed', error.message);
    }
    if (!this.#options.autoReconnect) return this.#end('closed', reason);
    if (this.#backoff.attempts >= this.#options.maxReconnectAttempts) return this.#end('closed', 'gave up');
    const delay = Math.max(this.#backoff.next(), this.#retryFloor, error?.retryAfter ?? 0);
    this.#retryFloor = 0;
    this.#after('retry', delay, () => this.#begin());
    if (this.state === 'polling') return;
    if (this.#backoff.attempts >= this.#options.pollAfter) return this.#poll();
    this.#enter('reconnecting', { attempt: this.#backoff.attempts, delay, reason });
  }

  #end(state, reason) {
    this.#stop();
    if (state !== 'signedOut') this.error = reason;
    this.#enter(state, { reason });
  }

  // MARK: Polling

  /** Polls at once and then at the interval, until a stream says `connected`. */
  async #poll() {
    this.#cancel('poll');
    this.#enter('polling', { attempt: this.#backoff.attempts });
    const signal = this.#signal('poll');
    let wait = this.#options.pollInterval;
    try {
      if (this.#position.text === null) {
        await this.#prime(signal);
      } else {
        await this.#snapshot(signal);
        await this.#catchUp(signal);
      }
      this.error = null;
    } catch (error) {
      if (signal.aborted) return;
      this.error = error.message;
      this.#options.onError(error);
      if (error.isFinal && error.status === 401) return this.#end('signedOut', 'signed out');
      if (error.isFinal) return this.#end('closed', error.message);
      wait = Math.max(wait, error.retryAfter ?? 0);
    }
    if (signal.aborted || this.state !== 'polling') return;
    this.#after('poll', wait, () => this.#poll());
  }

  async #snapshot(signal) {
    const headers = { Accept: 'application/json' };
    if (this.#etag) headers['If-None-Match'] = this.#etag;
    const answer = await request(analyticsURL(this.#workspace), { headers, signal });
    if (answer.status === 304) {
      this.statsAt = performance.now();
      if (this.stats) this.#options.onStatsUpdate(this.stats);
      return null;
    }
    this.#etag = answer.headers.get('ETag');
    this.connections = answer.body?.meta?.connections ?? null;
    if (answer.body?.data) this.#take(answer.body.data);
    return answer.body;
  }

  /** Reads the log from the position to its head, a page at a time. */
  async #catchUp(signal) {
    for (let pages = 0; pages < 20 && this.#position.text !== null; pages += 1) {
      let answer;
      try {
        answer = await request(eventsURL(this.#workspace, { after: this.#position.text, limit: PAGE }), { signal });
      } catch (error) {
        if (error.status !== 410) throw error;
        this.#position.clear();
        this.#etag = null;
        this.#options.onReset({ reason: 'pruned' });
        return;
      }
      const { events = [], next } = answer.body ?? {};
      for (const event of events) this.#deliver(event, event.id);
      if (next) this.#position.move(next);
      if (events.length < PAGE) return;
    }
  }

  // MARK: Delivering

  #take(stats) {
    this.stats = stats;
    this.statsAt = performance.now();
    this.#options.onStatsUpdate(stats);
  }

  #deliver(event, id) {
    if (this.#position.move(id)) this.#options.onEvent(event);
  }

  #enter(state, detail = {}) {
    this.state = state;
    this.#options.onState({ state, attempt: 0, delay: 0, reason: null, ...detail });
  }

  // MARK: The page

  /** A hidden page may sleep: what it left behind is dropped on the way out and opened again on the way back. */
  #watchPage() {
    const listeners = new AbortController();
    if (typeof window === 'undefined') return listeners;
    const { signal } = listeners;
    window.addEventListener('pagehide', () => {
      if (!['connecting', 'live', 'reconnecting', 'polling'].includes(this.state)) return;
      this.#suspended = true;
      this.#stop();
      this.#enter('reconnecting', { reason: 'the page is hidden' });
    }, { signal });
    window.addEventListener('pageshow', () => { if (this.#suspended) this.reconnect(); }, { signal });
    window.addEventListener('online', () => { if (this.state === 'reconnecting') this.reconnect(); }, { signal });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') return;
      const isMute = this.isConnected && performance.now() - this.#heardAt > WATCHDOG / 2;
      if (isMute || this.#suspended || this.state === 'reconnecting') this.reconnect();
    }, { signal });
    return listeners;
  }

  // MARK: Resources

  #after(name, delay, act) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(() => { this.#timers.delete(name); act(); }, delay));
  }

  #cancel(...names) {
    for (const name of names) {
      clearTimeout(this.#timers.get(name));
      this.#timers.delete(name);
    }
  }

  /** One request of each purpose at a time: a new one ends the old. */
  #signal(purpose) {
    this.#aborts.get(purpose)?.abort();
    const controller = new AbortController();
    this.#aborts.set(purpose, controller);
    return controller.signal;
  }

  #endRequests() {
    for (const controller of this.#aborts.values()) controller.abort();
  }

  #closeSource() {
    this.#source?.close();
    this.#source = null;
    this.#cancel('connect', 'watchdog', 'proven');
  }

  #stop() {
    this.#closeSource();
    this.#cancel('poll', 'retry');
    this.#endRequests();
  }
}

/** The polling twin: the same surface, less `reconnect` and `disconnect`. */
export class RealtimeAnalyticsPolling {
  #inner;

  constructor(workspace, interval = POLL_INTERVAL, options = {}) {
    this.#inner = new RealtimeAnalytics(workspace, { ...options, transport: 'poll', pollInterval: interval });
  }

  get stats() { return this.#inner.stats; }
  get error() { return this.#inner.error; }
  get isConnected() { return this.#inner.state === 'polling' && this.#inner.error === null; }
  trackEvent(...event) { return this.#inner.trackEvent(...event); }
  close() { this.#inner.close(); }
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null; // A payload that does not decode ends nothing; the stream goes on.
  }
}

/** 128 random bits; `crypto.randomUUID` is missing on plain HTTP beyond localhost. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
