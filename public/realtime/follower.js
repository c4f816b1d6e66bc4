// What a tab without the lock does: it takes what the leader's stream brings, and notices holes and silence.

import { Backoff } from './backoff.js';
import { Timers } from './timers.js';

/** How long a leader may take to answer; one whose tab is frozen never does. */
const ANSWER = 5_000;
/** The first ceiling of the delays after the log could not be read. */
const REFILL = 2_000;
/** The leader's tab may be hidden, its timers slow: a follower calls it this long after a retry was due. */
const LATE = 1_500;

export class Follower {
  #feed;
  #position;
  #deliver;
  #ask;
  #depose;
  #giveUp;
  #timers = new Timers();
  #refills = new Backoff(REFILL);
  #isFilling = false;
  #queue = [];
  #abort = new AbortController();
  #isWelcome = false;

  /**
   * @param {object} parts
   * @param {import('./feed.js').Feed} parts.feed reads the log and keeps the state; it is not started
   * @param {import('./position.js').StreamPosition} parts.position this tab's own
   * @param {(message: object) => void} parts.deliver takes messages as a feed gives them
   * @param {(kind: string) => void} parts.ask sends `hello`, `restart` or `nudge` to the leader
   * @param {() => void} parts.depose takes the lead from a leader that does not answer
   * @param {(error: Error) => void} parts.giveUp ends for an answer that would be the same again
   */
  constructor({ feed, position, deliver, ask, depose, giveUp }) {
    this.#feed = feed;
    this.#position = position;
    this.#deliver = deliver;
    this.#ask = ask;
    this.#depose = depose;
    this.#giveUp = giveUp;
  }

  /** @param {number} backfill how many of the latest events to read first */
  start(backfill) {
    this.askWhoLeads();
    if (backfill > 0 && this.#position.text === null) this.#fill((signal) => this.#feed.prime(signal));
    else if (this.#position.text !== null) this.#fill((signal) => this.#feed.catchUp(signal));
  }

  stop() {
    this.#timers.cancelAll();
    this.#abort.abort();
  }

  /** Asks the leader whether it is there; one that stays silent is deposed. */
  askWhoLeads() {
    this.#ask('hello');
    // Spread, so that not all followers depose at once.
    this.#timers.after('answer', ANSWER * (1 + Math.random() / 2), () => this.#depose());
  }

  /** Makes sure that what is shown is live: for a page that became visible. */
  check() {
    if (this.#feed.state === 'live') this.askWhoLeads();
    else this.#ask('nudge');
  }

  receive(message) {
    this.#timers.cancel('answer');
    this.#timers.after('silence', this.#feed.patience, () => this.askWhoLeads());
    switch (message.kind) {
      case 'welcome': return this.#welcome(message);
      case 'segment': return this.#take(message);
      case 'state': return this.#enter(message.detail);
      case 'stats':
        Object.assign(this.#feed, { stats: message.stats, connections: message.connections, statsAt: Date.now() });
        return this.#deliver(message);
      case 'reset':
        this.#queue = [];
        this.#position.jump(message.head);
        return this.#deliver(message);
      default: return this.#deliver(message);
    }
  }

  #welcome({ detail, stats, connections, statsAt, heartbeat, position }) {
    const { state } = detail;
    const isFirst = !this.#isWelcome;
    this.#isWelcome = true;
    this.#feed.heartbeat = heartbeat;
    if (stats && (this.#feed.statsAt === null || statsAt > this.#feed.statsAt)) {
      Object.assign(this.#feed, { stats, connections, statsAt });
      this.#deliver({ kind: 'stats', stats, connections });
    }
    // To come is to ask: a leader that has given up tries again for a newcomer.
    if (isFirst && (state === 'closed' || state === 'signedOut')) return this.#ask('restart');
    this.#enter(detail);
    this.#take({ kind: 'segment', after: position, events: [], upTo: position });
  }

  #enter(detail) {
    if (detail.state === 'reconnecting') {
      this.#timers.after('late', detail.delay + LATE, () => {
        this.#ask('nudge');
        this.#enter({ ...detail, delay: 0 });
      });
    } else {
      this.#timers.cancel('late');
    }
    const { state, attempt, delay, reason } = this.#feed.detail;
    const isSame = state === detail.state && attempt === detail.attempt && delay === detail.delay && reason === detail.reason;
    this.#feed.detail = detail;
    if (!isSame) this.#deliver({ kind: 'state', detail });
  }

  // MARK: The log without holes

  /** Takes a part of the log. One that does not join on (this tab slept, or leaders changed) waits until the part between
   *  was read. */
  #take(segment) {
    if (this.#isFilling) {
      this.#queue.push(segment);
    } else if (segment.after === null && this.#position.text !== null) {
      // The leader began with this one; what lies between here and there is on the server, and so is the segment.
      if (segment.upTo !== null) this.#fill((signal) => this.#feed.catchUp(signal));
    } else if (this.#position.isBehind(segment.after)) {
      this.#queue.push(segment);
      this.#fill((signal) => this.#feed.catchUp(signal));
    } else {
      this.#show(segment);
    }
  }

  #show({ after, events, upTo }) {
    if (this.#position.text === null && after !== null) this.#position.jump(after);
    const fresh = events.filter(({ id }) => this.#position.move(id));
    this.#position.move(upTo ?? '');
    if (fresh.length > 0) this.#deliver({ kind: 'segment', after, events: fresh, upTo });
  }

  async #fill(read) {
    this.#isFilling = true;
    const { signal } = this.#abort;
    try {
      await read(signal);
    } catch (error) {
      // Nothing may be shown behind a hole. What waits is on the server too: it is read when that can be reached.
      this.#queue = [];
      if (signal.aborted) return;
      if (error.isFinal) return this.#giveUp(error);
      const delay = Math.max(this.#refills.next(), error.retryAfter ?? 0);
      return this.#timers.after('fill', delay, () => this.#fill(read));
    }
    if (signal.aborted) return;
    this.#refills.reset();
    this.#isFilling = false;
    const waiting = this.#queue;
    this.#queue = [];
    for (const segment of waiting) this.#take(segment);
  }
}
