// How the figures reach this page, and how old they are: live, reconnecting, polling and stale look different.

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

export class ConnectionView {
  #elements;
  #detail = { state: 'idle' };
  #shown = null;
  #gap = 5_000;
  #lastStatsAt = null;
  #retryAt = 0;

  /** `elements`: `{root, text, announcer, freshness, banner, bannerText, bannerAction, dashboard}` */
  constructor(elements) { this.#elements = elements; }

  enter(detail) {
    this.#detail = detail;
    this.#retryAt = performance.now() + detail.delay;
  }

  /** Draws the state and the age; called on each change and once a second. */
  draw(statsAt) {
    const now = performance.now();
    if (statsAt !== null && statsAt !== this.#lastStatsAt) {
      if (this.#lastStatsAt !== null) this.#gap = Math.max(1_000, (this.#gap + statsAt - this.#lastStatsAt) / 2);
      this.#lastStatsAt = statsAt;
    }
    const age = statsAt === null ? null : now - statsAt;
    const isStale = age !== null && age > Math.max(STALE_AFTER, 3 * Math.min(this.#gap, 60_000));
    const { state } = this.#detail;
    const shown = isStale && (state === 'live' || state === 'polling') ? 'stale' : state;
    this.#elements.root.dataset.state = shown;
    this.#elements.text.textContent = this.#text(shown, age, now);
    this.#elements.dashboard.dataset.stale = String(isStale || state === 'closed' || (state === 'reconnecting' && age > 10_000));
    this.#elements.freshness.textContent = freshness(age, state);
    this.#showBanner(shown);
    if (shown !== this.#shown) this.#announce(shown);
  }

  #text(shown, age, now) {
    if (shown === 'stale') return `Stale · ${duration(age)}`;
    if (shown === 'reconnecting') {
      const seconds = Math.ceil((this.#retryAt - now) / 1_000);
      return seconds > 1 ? `Reconnecting in ${seconds} s` : 'Reconnecting';
    }
    return texts[shown];
  }

  #showBanner(shown) {
    const { banner, bannerText, bannerAction } = this.#elements;
    const { reason } = this.#detail;
    const text = {
      polling: 'The live stream does not get through. The figures are fetched every few seconds until it does.',
      closed: `Disconnected: ${reason ?? 'the stream was closed'}. These are the last figures that arrived.`,
      stale: 'Nothing has arrived for a while. These are the last figures that did.',
    }[shown];
    banner.hidden = !text;
    banner.dataset.kind = shown;
    bannerText.textContent = text ?? '';
    bannerAction.hidden = shown !== 'closed' && shown !== 'stale';
  }

  #announce(shown) {
    const isFirst = this.#shown === null || this.#shown === 'idle';
    this.#shown = shown;
    if (!isFirst || shown !== 'connecting') this.#elements.announcer.textContent = texts[shown];
  }
}

function freshness(age, state) {
  if (age === null) return state === 'closed' ? 'No figures arrived.' : 'Waiting for the first figures…';
  return age < 8_000 ? 'Figures are up to date' : `Figures are ${duration(age)} old`;
}

function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h`;
}
