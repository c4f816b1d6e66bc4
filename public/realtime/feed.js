// The way of one workspace's figures and events into this page: a stream by EventSource, polling where it does not get
// through. One state machine owns every timer and connection, so that there are never two of a kind:
//
//   idle → connecting → live ⇄ reconnecting → (after `pollAfter` failures) polling → live
//                              any of them  → closed (stopped, administrator, no access), signedOut
//
// EventSource's own retry is not used: it ends for good on any answer but 200, and would send a one-use ticket twice. So
// each failure closes it, and the next attempt follows full-jitter backoff with the last id in the query. The server
// resumes after that id, so no event is lost or shown twice.

import { Backoff } from './backoff.js';
import { StreamPosition } from './position.js';
import { RequestError } from './requests.js';
import { Timers } from './timers.js';

/** What the server says in `connected` replaces it. */
const HEARTBEAT = 30_000;
/** So many heartbeats without any event mean that the stream is mute. */
const MUTE_AFTER = 2.5;
/** A stream that was open this long counts as a success, even when nothing happened on it. */
const PROVEN = 10_000;
/** The longest time that `closing` may keep us away. */
const LONGEST_SLOT = 120_000;
/** Events in one page of the log, and pages in one go: the same bound that a resume has, about. */
const PAGE = 500;
const PAGES = 20;

export class Feed {
  /** `{state, attempt, delay, reason}` */
  detail = { state: 'idle', attempt: 0, delay: 0, reason: null };
  /** The last figures, how many streams the workspace had with the last snapshot, and when the figures came (wall clock:
   *  it goes on while a computer sleeps). */
  stats = null;
  connections = null;
  statsAt = null;
  heartbeat = HEARTBEAT;
  /** When something was last heard, by wall clock. */
  heardAt = 0;
  /** Whose page this is: the user's id, null until it is known. The cookie of a page may become another user's at any
   *  time; what that user may see is not for here. */
  principal = null;

  #endpoint;
  #position;
  #options;
  #emit;
  #admit;
  #backoff;
  #timers = new Timers();
  #aborts = new Map();
  #source = null;
  /** `{etag, stats}`: the tag of the last snapshot, which is of those figures alone. */
  #tagged = null;
  #slot = 0;
  #isPolling = false;
  #pollFailed = false;

  /**
   * @param {import('./endpoint.js').Endpoint} endpoint
   * @param {StreamPosition} position shared with whoever else moves it
   * @param {object} options those of `RealtimeAnalytics`
   * @param {(message: object) => void} emit takes what happens: `{kind: 'state' | 'stats' | 'segment' | 'reset' | 'error'
   *   | 'alive', …}`; a segment is `{after, events, upTo}`, a part of the log without a hole
   * @param {() => boolean} [admit] asked before each stream, when `principal` is known; false: another tab may bring it
   */
  constructor(endpoint, position, options, emit, admit = () => true) {
    this.#endpoint = endpoint;
    this.#position = position;
    this.#options = options;
    this.#emit = emit;
    this.#admit = admit;
    this.#backoff = new Backoff(options.reconnectDelay, options.maximumDelay);
  }

  get state() { return this.detail.state; }
  /** When a live stream counts as mute. */
  get patience() { return MUTE_AFTER * this.heartbeat; }
  /** Whether a page that comes back should not trust this stream: it has been silent longer than it ever should be. */
  get isStale() {
    return this.state === 'reconnecting' || (this.state === 'live' && Date.now() - this.heardAt > 1.25 * this.heartbeat);
  }

  /** Starts, or starts again: what is open is dropped, attempts are counted anew. */
  start() {
    this.#dropAll();
    this.#backoff.reset();
    this.#enter('connecting');
    this.#attempt();
  }

  /** Starts again and, meanwhile, fetches the figures: for a page that was away. */
  refresh() {
    this.start();
    if (this.#options.transport !== 'poll') this.#snapshot(this.#signal('refresh')).catch(() => {
      // The stream brings figures too, and tells what is wrong.
    });
  }

  /** Another tab may be about to bring the stream. */
  expect() { if (this.state !== 'connecting') this.#enter('connecting'); }

  /** Drops everything until the page is back. */
  pause() {
    this.#dropAll();
    this.#enter('reconnecting', { reason: 'the page is hidden' });
  }

  /** Drops everything. @param {string|null} reason why the state is closed; null leaves the state to another tab's feed */
  stop(reason = null) {
    this.#dropAll();
    if (reason !== null) this.#enter('closed', { reason });
  }

  /** Does what is overdue. */
  tick() {
    this.#timers.runOverdue();
    this.#checkPulse();
  }

  // MARK: Opening

  async #attempt() {
    if (this.#options.transport === 'poll' || typeof EventSource === 'undefined') return this.#poll();
    const signal = this.#signal('attempt');
    try {
      await this.#identify(signal);
      if (signal.aborted || !this.#admit()) return;
      if (this.#options.backfill > 0 && this.#position.text === null) await this.prime(signal);
      const url = await this.#endpoint.stream(this.#position.text, signal);
      if (!signal.aborted) this.#open(url);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  /** Before each stream and behind each page of the log: no answer of theirs tells to whom it was given. */
  async #identify(signal) {
    if (!this.#endpoint.canIdentify) return;
    const userId = await this.#endpoint.whoAmI(signal);
    if (!signal.aborted) this.#recognise(userId);
  }

  #recognise(userId) {
    if (!this.#endpoint.canIdentify) return;
    this.principal ??= userId ?? null;
    if (userId && userId !== this.principal) throw new RequestError(401, 'somebody else has signed in');
  }

  #open(url) {
    const source = new EventSource(url);
    this.#source = source;
    this.#timers.after('connect', this.#options.connectTimeout, () => this.#failed(new Error('the stream did not start')));
    const on = (type, act) => source.addEventListener(type, (message) => {
      if (source !== this.#source) return;
      this.#heard();
      act(parse(message.data), message);
    });
    on('connected', (data, message) => this.#connected(data, message));
    on('stats', (stats, message) => { this.#passTo(message.lastEventId); this.#prove(); this.#takeStats(stats); });
    on('ping', (_, message) => { this.#passTo(message.lastEventId); this.#prove(); this.#emit({ kind: 'alive' }); });
    on('event', (event, message) => { this.#prove(); this.#takeEvent(event, message.lastEventId || event?.id); });
    on('reset', (reset, message) => this.#reset(reset ?? {}, message.lastEventId || reset?.head));
    on('closing', (closing) => this.#closing(closing ?? {}));
    source.addEventListener('error', () => {
      if (source !== this.#source) return;
      const isRefused = source.readyState === EventSource.CLOSED;
      this.#closeSource();
      if (isRefused) this.#probe();
      else this.#failed(new Error('the connection was lost'));
    });
  }

  #connected(data, message) {
    this.#timers.cancel('connect', 'retry', 'poll');
    this.#abort('poll', 'refresh');
    this.#isPolling = false;
    this.#slot = 0;
    if (data?.heartbeat > 0) this.heartbeat = data.heartbeat;
    // Only a fresh stream's `connected` has an id; it is where the stream begins.
    if (this.#position.text === null) this.#passTo(message.lastEventId);
    this.#timers.after('proven', PROVEN, () => this.#prove());
    this.#watchPulse();
    this.#enter('live', { connectionId: data?.connectionId ?? null });
  }

  /** The stream works: the next failure starts from the shortest delay. */
  #prove() {
    this.#backoff.reset();
    this.#timers.cancel('proven');
  }

  // MARK: Silence

  #heard() { this.heardAt = Date.now(); }

  /** Looks at the clock often, instead of at a timer once: timers stand still while a computer sleeps. */
  #watchPulse() {
    this.#timers.after('pulse', Math.min(5_000, this.heartbeat / 2), () => {
      this.#watchPulse();
      this.#checkPulse();
    });
  }

  #checkPulse() {
    if (this.state !== 'live' || Date.now() - this.heardAt <= this.patience) return;
    this.#failed(new Error('the stream went silent'));
  }

  // MARK: Failing

  /** The server says goodbye: `retryMs` is the slot it gives us, kept in full. */
  #closing({ reason = 'unknown', retryMs = 0 }) {
    this.#closeSource();
    if (reason === 'auth_expired' && !this.#endpoint.usesTickets) return this.#probe();
    this.#slot = Number.isFinite(retryMs) ? Math.min(Math.max(retryMs, 0), LONGEST_SLOT) : 0;
    this.#failed(null, reason);
  }

  /** Asks why the stream was refused. */
  async #probe() {
    const signal = this.#signal('attempt');
    let failure = new Error('the stream was refused');
    try {
      const { status } = await this.#endpoint.probe(signal);
      if (status === 204 && !signal.aborted) return this.#end('closed', 'closed by an administrator');
    } catch (error) {
      failure = error;
    }
    if (!signal.aborted) this.#failed(failure);
  }

  /** @param {Error|null} error null for a regular end of the stream */
  #failed(error, reason = error?.message ?? 'closed') {
    this.#abort('attempt');
    this.#closeSource();
    if (error?.isFinal) return this.giveUp(error);
    const { autoReconnect, maxReconnectAttempts } = this.#options;
    if (!autoReconnect || this.#backoff.attempts >= maxReconnectAttempts) {
      if (error) this.#tellOf(error);
      return this.#end('closed', autoReconnect ? 'gave up' : reason);
    }
    const delay = Math.max(this.#backoff.next(), this.#slot, error?.retryAfter ?? 0);
    this.#slot = 0;
    this.#timers.after('retry', delay, () => this.#attempt());
    if (error) this.#tellOf(error);
    // Whoever was told may have started anew, or stopped.
    if (!this.#timers.has('retry')) return;
    const attempt = this.#backoff.attempts;
    if (this.state !== 'polling') this.#enter('reconnecting', { attempt, delay, reason });
    if (!this.#isPolling && attempt >= this.#options.pollAfter) this.#poll();
  }

  /** Ends for an answer that would be the same again. @param {RequestError} error */
  giveUp(error) {
    this.#dropAll();
    this.#tellOf(error);
    if (error.status === 401) this.#end('signedOut', 'signed out');
    else this.#end('closed', error.message);
  }

  #tellOf(error) { this.#emit({ kind: 'error', message: error.message, status: error.status ?? 0 }); }

  #end(state, reason) {
    this.#dropAll();
    this.#enter(state, { reason });
  }

  // MARK: Polling

  /** Polls now and then at the interval, until a stream says `connected`. A stream that comes goes on from where the last
   *  poll ended. */
  async #poll() {
    this.#isPolling = true;
    const signal = this.#signal('poll');
    let wait = this.#options.pollInterval;
    try {
      if (this.#position.text === null) await this.prime(signal);
      else await Promise.all([this.#snapshot(signal), this.catchUp(signal)]);
      if (signal.aborted) return;
      if (this.state !== 'polling') this.#enter('polling', { attempt: this.#backoff.attempts });
      // The server is back: no reason to wait for the rest of a long delay.
      if (this.#pollFailed && this.#source === null) this.#hurry();
      this.#pollFailed = false;
      this.#emit({ kind: 'alive' });
    } catch (error) {
      if (signal.aborted) return;
      if (error.isFinal) return this.giveUp(error);
      this.#pollFails(error);
      wait = Math.max(wait, error.retryAfter ?? 0);
    }
    if (!signal.aborted) this.#timers.after('poll', wait, () => this.#poll());
  }

  #pollFails(error) {
    this.#pollFailed = true;
    this.#tellOf(error);
    if (!this.#isPolling) return;
    if (this.state === 'polling' || this.state === 'connecting') {
      this.#enter('reconnecting', { attempt: this.#backoff.attempts, reason: error.message });
    }
  }

  /** Brings the next attempt forward, spread over a second. */
  #hurry() {
    if (this.#options.transport !== 'poll') this.#timers.after('retry', Math.random() * 1_000, () => this.#attempt());
  }

  // MARK: Reading

  /** Shows the figures and the latest events before the first stream opens; the stream then goes on behind them. */
  async prime(signal) {
    const snapshot = await this.#snapshot(signal);
    const head = StreamPosition.parse(snapshot?.meta?.lastEventId);
    if (!head || this.#position.text !== null) return;
    this.#position.move(`${head.epoch}-${Math.max(0, head.sequence - this.#options.backfill)}`);
    await this.catchUp(signal);
  }

  async #snapshot(signal) {
    const tagged = this.#tagged?.stats === this.stats ? this.#tagged : null;
    const answer = await this.#endpoint.snapshot(tagged?.etag ?? null, signal);
    if (signal.aborted) return null;
    this.#recognise(answer.body?.meta?.userId);
    if (answer.status === 304) {
      this.#takeStats(tagged?.stats);
      return null;
    }
    this.#tagged = { etag: answer.headers.get('ETag'), stats: answer.body?.data };
    this.connections = answer.body?.meta?.connections ?? null;
    this.#takeStats(answer.body?.data);
    return answer.body;
  }

  /** Reads the log from the position to its head, a page at a time. */
  async catchUp(signal) {
    for (let pages = 0; pages < PAGES && this.#position.text !== null; pages += 1) {
      let answer;
      try {
        answer = await this.#endpoint.log({ after: this.#position.text, limit: PAGE }, signal);
      } catch (error) {
        if (signal.aborted || (error.status !== 410 && error.status !== 422)) throw error;
        // The position is behind the log's floor, of another epoch, or ahead: what lies between is not to be had.
        this.#tagged = null;
        return this.#reset({ reason: error.code ?? 'pruned' }, null);
      }
      if (signal.aborted) return;
      const { events = [], next } = answer.body ?? {};
      // Asked after the events were read: a cookie that was another's by then is noticed.
      if (events.length > 0) await this.#identify(signal);
      if (signal.aborted) return;
      const after = this.#position.text;
      const fresh = events.filter(({ id }) => this.#position.move(id));
      if (next) this.#position.move(next);
      if (fresh.length > 0 || this.#position.text !== after) {
        this.#emit({ kind: 'segment', after, events: fresh, upTo: this.#position.text });
      }
      if (events.length < PAGE) return;
    }
  }

  // MARK: Delivering

  #takeStats(stats) {
    if (!stats) return;
    this.stats = stats;
    this.statsAt = Date.now();
    this.#emit({ kind: 'stats', stats, connections: this.connections });
  }

  #takeEvent(event, id) {
    const after = this.#position.text;
    if (!event || !this.#position.move(id)) return;
    this.#emit({ kind: 'segment', after, events: [event], upTo: this.#position.text });
  }

  /** Id-only blocks move the position past events that are not for us; the next message brings the id along. */
  #passTo(id) {
    const after = this.#position.text;
    if (id && this.#position.move(id)) this.#emit({ kind: 'segment', after, events: [], upTo: this.#position.text });
  }

  #reset(reset, head) {
    this.#position.jump(head);
    this.#emit({ kind: 'reset', reason: reset.reason ?? 'unknown', head: this.#position.text, next: reset.next ?? null });
  }

  #enter(state, detail = {}) {
    this.detail = { state, attempt: 0, delay: 0, reason: null, ...detail };
    this.#emit({ kind: 'state', detail: this.detail });
  }

  // MARK: Resources

  /** One request of each purpose at a time: a new one ends the old. */
  #signal(purpose) {
    this.#abort(purpose);
    const controller = new AbortController();
    this.#aborts.set(purpose, controller);
    return controller.signal;
  }

  #abort(...purposes) {
    for (const purpose of purposes) this.#aborts.get(purpose)?.abort();
  }

  #closeSource() {
    this.#source?.close();
    this.#source = null;
    this.#timers.cancel('connect', 'pulse', 'proven');
  }

  #dropAll() {
    this.#closeSource();
    this.#timers.cancelAll();
    this.#abort(...this.#aborts.keys());
    this.#isPolling = false;
    this.#pollFailed = false;
    this.#slot = 0;
  }
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null; // A payload that does not decode ends nothing; the stream goes on.
  }
}
