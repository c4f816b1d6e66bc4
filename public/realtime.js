// The live analytics of one workspace, for any page: a stream by EventSource, polling where streams do not get through.
//
//   const live = new RealtimeAnalytics('harbor', { onStatsUpdate: (stats) => console.log(stats.onlineUsers) });
//
// All tabs of a browser share one stream: HTTP/1.1 allows six connections a host. Reading order: realtime/feed.js (one
// stream), realtime/leadership.js (whose stream), realtime/follower.js (everyone else).

import { Backoff } from './realtime/backoff.js';
import { Endpoint } from './realtime/endpoint.js';
import { Feed } from './realtime/feed.js';
import { Follower } from './realtime/follower.js';
import { Leadership } from './realtime/leadership.js';
import { watchPage } from './realtime/page-life.js';
import { StreamPosition } from './realtime/position.js';

const POLL_INTERVAL = 5_000;

/** What can be set, with the defaults; all times in milliseconds. */
const defaults = {
  /** Start at once; otherwise `reconnect()` starts. */
  enabled: true,
  autoReconnect: true,
  maxReconnectAttempts: Infinity,
  /** The ceiling of the first delay; it doubles with each failure up to `maximumDelay`. */
  reconnectDelay: 1_000,
  maximumDelay: 30_000,
  /** A stream that has not said `connected` by then is held back by something on the way. */
  connectTimeout: 15_000,
  /** So many failures in a row start the polling, which ends when a stream opens. */
  pollAfter: 3,
  pollInterval: POLL_INTERVAL,
  /** 'stream', or 'poll' for environments that cannot stream. */
  transport: 'stream',
  /** How many of the latest events to deliver before the live ones. */
  backfill: 0,
  /** Where to go on: the `lastEventId` of an earlier object. */
  lastEventId: null,
  /** Share one stream with the other tabs of the same user. A text shares only with those that give the same; by `token`
   *  or `ticket` nothing is shared without such a text. False keeps a stream of one's own, also while the page is hidden. */
  share: true,
  /** Of another origin: see `Endpoint`. */
  baseURL: '',
  token: null,
  ticket: null,

  onConnect() {},
  /** @param {string} reason */
  onDisconnect() {},
  /** @param {Error} error */
  onError() {},
  /** @param {object} stats the eight figures and `eventCounts`, as the server sends them */
  onStatsUpdate() {},
  /** @param {object} event each event of the log, once, in order */
  onEvent() {},
  /** @param {{state: string, attempt: number, delay: number, reason: string|null}} detail */
  onState() {},
  /** @param {{reason: string, head: string|null, next: string|null}} reset some events will not be delivered */
  onReset() {},
};

export class RealtimeAnalytics {
  /** What went wrong last, null while all is well. @type {string|null} */
  error = null;

  #workspace;
  #options;
  #endpoint;
  #position;
  #feed;
  #isAway = false;
  #isConnected = false;
  #stopWatching;
  /** Whether tabs can agree on one stream; where they cannot, only those that are seen have one. */
  #canShare;
  #isForVisible;
  /** Null until it is known whose stream would be shared. */
  #leadership = null;
  #channel = null;
  #follower = null;
  #hasJoined = false;

  /**
   * @param {string} workspace id or slug
   * @param {Partial<typeof defaults>} [options]
   */
  constructor(workspace, options = {}) {
    this.#workspace = workspace;
    this.#options = { ...defaults, ...options };
    this.#endpoint = new Endpoint(workspace, this.#options);
    this.#position = new StreamPosition(this.#options.lastEventId);
    this.#feed = new Feed(
      this.#endpoint, this.#position, this.#options, (message) => this.#fromFeed(message), () => this.#admit());
    const { share, token, ticket, transport } = this.#options;
    const wantsSharing = share !== false && transport !== 'poll';
    const isOfSession = token === null && ticket === null;
    this.#canShare = wantsSharing && Leadership.isPossible && (isOfSession || typeof share === 'string');
    this.#isForVisible = wantsSharing && !this.#canShare;
    this.#stopWatching = watchPage({
      leave: () => this.#leave(),
      enter: () => this.#return(),
      hide: () => { if (this.#isForVisible) this.#leave(); },
      show: () => { if (this.#isAway) this.#return(); else this.#check(); },
      online: () => { if (this.state === 'reconnecting' && !this.#isAway && this.isLeader) this.reconnect(); },
    });
    if (this.#options.enabled) this.reconnect();
  }

  get workspace() { return this.#workspace; }
  get stats() { return this.#feed.stats; }
  /** When `stats` arrived, as `Date.now()`; null before. */
  get statsAt() { return this.#feed.statsAt; }
  /** 'idle', 'connecting', 'live', 'reconnecting', 'polling', 'closed' or 'signedOut' */
  get state() { return this.#feed.state; }
  get isConnected() { return this.state === 'live'; }
  get lastEventId() { return this.#position.text; }
  /** Whether this tab holds the stream that others share. */
  get isLeader() { return this.#leadership?.isLeader ?? true; }
  /** The server's name for the stream, where there is one. */
  get connectionId() { return this.#feed.detail.connectionId ?? null; }

  /** Drops what is open and starts again at once, after the last event seen; attempts are counted anew. */
  reconnect() {
    this.error = null;
    if (this.#isForVisible && document.hidden) return this.#pause();
    this.#isAway = false;
    if (!this.#hasJoined || this.#leadership.isLeader) return this.#feed.start();
    this.#post({ kind: 'restart' });
    this.#follower?.askWhoLeads();
  }

  /** Closes everything and stays closed until `reconnect()`; other tabs go on. */
  disconnect() {
    this.#part();
    this.#isAway = false;
    this.#feed.stop('disconnected');
  }

  /** Disconnects and forgets the page: the object is not used again. */
  close() {
    this.disconnect();
    this.#stopWatching();
    this.#channel?.close();
  }

  /**
   * Posts one event; what may succeed later is tried again under one idempotency key.
   * @param {string} eventType
   * @param {object} [eventData]
   * @param {{sessionId?: string, attempts?: number}} [options]
   * @returns {Promise<object>} the server's answer
   * @throws {import('./realtime/requests.js').RequestError}
   */
  async trackEvent(eventType, eventData = {}, { sessionId, attempts = 4 } = {}) {
    const key = randomKey();
    const delays = new Backoff(500, 8_000);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.#endpoint.post({ eventType, eventData, ...(sessionId && { sessionId }) }, key);
        return answer.body;
      } catch (error) {
        if (!error.isTransient || attempt >= attempts) throw error;
        await new Promise((resume) => setTimeout(resume, Math.max(delays.next(), error.retryAfter)));
      }
    }
  }

  // MARK: Delivering

  #fromFeed(message) {
    if (this.#leadership?.isLeader) this.#post(message);
    this.#deliver(message);
  }

  #deliver(message) {
    switch (message.kind) {
      case 'state': return this.#enter(message.detail);
      case 'stats': return this.#tell('onStatsUpdate', message.stats);
      case 'segment': return message.events.forEach((event) => this.#tell('onEvent', event));
      case 'reset': return this.#tell('onReset', message);
      case 'error':
        this.error = message.message;
        return this.#tell('onError', Object.assign(new Error(message.message), { status: message.status }));
      default: return undefined;
    }
  }

  #enter(detail) {
    const { state, reason } = detail;
    const wasConnected = this.#isConnected;
    this.#isConnected = state === 'live';
    if (state === 'live' || state === 'polling') this.error = null;
    if (state === 'closed' && reason !== 'disconnected') this.error = reason;
    if (wasConnected && !this.#isConnected) this.#tell('onDisconnect', reason ?? state);
    this.#tell('onState', detail);
    if (!wasConnected && this.#isConnected) this.#tell('onConnect');
  }

  /** What the page does with it is its own affair: a mistake there is reported, and stops nothing here. */
  #tell(name, ...values) {
    try {
      this.#options[name]?.(...values);
    } catch (error) {
      reportError(error);
    }
  }

  // MARK: Sharing one stream

  /** Asked by the feed, which knows by then whose page this is: users of one browser never share.
   *  @returns {boolean} whether this tab opens a stream itself */
  #admit() {
    if (!this.#canShare || this.#leadership?.isLeader) return true;
    if (this.#leadership === null) this.#prepareSharing();
    this.#join();
    return false;
  }

  #prepareSharing() {
    const { share } = this.#options;
    const whose = [this.#feed.principal, typeof share === 'string' ? share : null].filter((part) => part !== null);
    const name = ['tideline', this.#endpoint.name, ...whose.map(encodeURIComponent)].join(' ');
    this.#leadership = new Leadership(
      name, (isLeader) => (isLeader ? this.#lead() : this.#follow()), () => this.#goAlone());
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
  }

  #join() {
    this.#hasJoined = true;
    this.#feed.expect();
    this.#leadership.join();
  }

  /** There are locks, but not for this page: an embedded one, for instance. */
  #goAlone() {
    this.#part();
    this.#channel.close();
    this.#leadership = null;
    this.#canShare = false;
    this.#isForVisible = true;
    this.reconnect();
  }

  #part() {
    if (this.#leadership === null) return;
    this.#hasJoined = false;
    this.#unfollow();
    this.#leadership.leave();
  }

  /** This tab holds the stream from now on; it goes on where this tab is, so nothing is missed between two leaders. */
  #lead() {
    this.#unfollow();
    if (this.state === 'closed' || this.state === 'signedOut') return;
    if (this.stats === null) this.#feed.start();
    else this.#feed.refresh();
  }

  #follow() {
    this.#feed.stop();
    this.#unfollow();
    this.#follower = new Follower({
      feed: this.#feed,
      position: this.#position,
      deliver: (message) => this.#deliver(message),
      ask: (kind) => this.#post({ kind }),
      depose: () => this.#leadership.steal(),
      giveUp: (error) => {
        this.#part();
        this.#feed.giveUp(error);
      },
    });
    this.#follower.start(this.#options.backfill);
  }

  #unfollow() {
    this.#follower?.stop();
    this.#follower = null;
  }

  #post(message) { this.#channel.postMessage({ ...message, principal: this.#feed.principal }); }

  #hear(message) {
    if (message.principal !== this.#feed.principal) return;
    switch (message.kind) {
      case 'hello': if (this.#leadership.isLeader) this.#welcome(); break;
      // Many tabs may ask at once, after a sign-in for instance.
      case 'restart': if (this.#leadership.isLeader && this.state !== 'connecting') this.#feed.start(); break;
      case 'nudge': if (this.#leadership.isLeader) this.#welcome(); break;
      default: this.#follower?.receive(message);
    }
  }

  #welcome() {
    this.#feed.tick();
    const { detail, stats, connections, statsAt, heartbeat } = this.#feed;
    this.#post({ kind: 'welcome', detail, stats, connections, statsAt, heartbeat, position: this.#position.text });
  }

  // MARK: The page

  /** Nothing stays open behind a page that is gone, and no lock that others wait for. */
  #leave() {
    if (this.#isAway || this.state === 'idle' || this.state === 'closed' || this.state === 'signedOut') return;
    this.#pause();
  }

  #pause() {
    this.#isAway = true;
    this.#part();
    this.#feed.pause();
  }

  #return() {
    // A page may come back, from the back/forward cache for instance, behind another tab.
    if (!this.#isAway || (this.#isForVisible && document.hidden)) return;
    this.#isAway = false;
    // Who comes to lead refreshes then.
    if (this.#canShare) this.#feed.start();
    else this.#feed.refresh();
  }

  /** Visible again: a stream that has been silent for too long is not waited for. */
  #check() {
    if (this.#follower) return this.#follower.check();
    if (this.#feed.isStale) this.#feed.refresh();
  }
}

/** The polling twin: the same surface, less `reconnect` and `disconnect`. */
export class RealtimeAnalyticsPolling {
  #inner;

  /**
   * @param {string} workspace
   * @param {number} [interval] in milliseconds
   * @param {Partial<typeof defaults>} [options]
   */
  constructor(workspace, interval = POLL_INTERVAL, options = {}) {
    this.#inner = new RealtimeAnalytics(workspace, { ...options, transport: 'poll', pollInterval: interval });
  }

  get stats() { return this.#inner.stats; }
  get error() { return this.#inner.error; }
  /** Whether the last poll brought an answer. */
  get isConnected() { return this.#inner.state === 'polling'; }
  trackEvent(...event) { return this.#inner.trackEvent(...event); }
  close() { this.#inner.close(); }
}

/** 128 random bits; `crypto.randomUUID` is missing on plain HTTP beyond localhost. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
