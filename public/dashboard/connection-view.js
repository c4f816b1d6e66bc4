// How the figures reach this page, and how old they are: live, reconnecting, polling and stale look different.

import { duration } from './elements.js';

const texts = {
  idle: 'Not connected',
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  polling: 'Polling',
  stale: 'Stale',
  closed: 'Disconnected',
  signedOut: 'Signed out',
};

/** Figures that did not come for three of their usual intervals, at least this long, are stale. */
const STALE_AFTER = 20_000;
/** A short break is nobody's business; a longer one is explained. */
const EXPLAIN_AFTER = 6_000;
/** A state that lasts less than this is not read out. */
const SETTLED = 1_200;

export class ConnectionView {
  #elements;
  #detail = { state: 'idle', delay: 0, reason: null };
  #spoken = null;
  #speaking = null;
  #gap = 5_000;
  #lastStatsAt = null;
  #retryAt = 0;
  #brokenAt = null;

  /** @param {object} elements `{root, text, announcer, freshness, banner, bannerText, bannerAction, dashboard}` */
  constructor(elements) { this.#elements = elements; }

  /** @param {{state: string, delay: number, reason: string|null}} detail as `onState` gives it */
  enter(detail) {
    const isWhole = ['live', 'polling'].includes(detail.state);
    this.#brokenAt = isWhole ? null : this.#brokenAt ?? Date.now();
    this.#detail = detail;
    this.#retryAt = Date.now() + detail.delay;
  }

  /** Draws the state and the age; called on each change and once a second. @param {number|null} statsAt */
  draw(statsAt) {
    const now = Date.now();
    this.#learnGap(statsAt);
    const age = statsAt === null ? null : Math.max(0, now - statsAt);
    const isOld = age !== null && age > Math.max(STALE_AFTER, 3 * Math.min(this.#gap, 60_000));
    const { state } = this.#detail;
    const shown = isOld && (state === 'live' || state === 'polling') ? 'stale' : state;
    const isDoubtful = isOld || state === 'closed' || (state === 'reconnecting' && age > 10_000);
    this.#elements.root.dataset.state = shown;
    set(this.#elements.text, this.#text(shown, age, now));
    this.#elements.dashboard.dataset.stale = String(isDoubtful);
    set(this.#elements.freshness, freshness(age, state));
    this.#showBanner(shown, now);
    this.#speak(shown);
  }

  #learnGap(statsAt) {
    if (statsAt === null || statsAt === this.#lastStatsAt) return;
    if (this.#lastStatsAt !== null) this.#gap = Math.max(1_000, (this.#gap + statsAt - this.#lastStatsAt) / 2);
    this.#lastStatsAt = statsAt;
  }

  #text(shown, age, now) {
    if (shown === 'stale') return `Stale · ${duration(age)}`;
    if (shown !== 'reconnecting') return texts[shown];
    const seconds = Math.ceil((this.#retryAt - now) / 1_000);
    return seconds > 1 ? `Reconnecting in ${seconds} s` : 'Reconnecting';
  }

  #showBanner(shown, now) {
    const { banner, bannerText, bannerAction } = this.#elements;
    const isLong = this.#brokenAt !== null && now - this.#brokenAt > EXPLAIN_AFTER;
    const text = {
      polling: 'The live stream does not get through. The figures are fetched every few seconds until it does.',
      closed: `Disconnected: ${this.#detail.reason ?? 'the stream was closed'}. These are the last figures that arrived.`,
      stale: 'Nothing has arrived for a while. These are the last figures that did.',
      reconnecting: isLong && 'The connection is gone. This page keeps trying, and nothing that happens meanwhile is lost.',
    }[shown];
    banner.hidden = !text;
    banner.dataset.kind = shown;
    set(bannerText, text || '');
    bannerAction.hidden = shown === 'polling';
    set(bannerAction, shown === 'reconnecting' ? 'Try now' : 'Reconnect');
  }

  /** Reads out a state once it has lasted. */
  #speak(shown) {
    if (shown === this.#spoken) {
      clearTimeout(this.#speaking?.timer);
      this.#speaking = null;
    } else if (this.#speaking?.shown !== shown) {
      clearTimeout(this.#speaking?.timer);
      const timer = setTimeout(() => {
        this.#speaking = null;
        this.#spoken = shown;
        this.#elements.announcer.textContent = texts[shown];
      }, SETTLED);
      this.#speaking = { shown, timer };
    }
  }
}

/** Leaves alone what is so already: a text that is set anew is read anew. */
function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function freshness(age, state) {
  if (age === null) return state === 'closed' ? 'No figures arrived.' : 'Waiting for the first figures…';
  return age < 8_000 ? 'Figures are up to date' : `Figures are ${duration(age)} old`;
}
