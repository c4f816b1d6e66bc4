// Which events the list has: the latest ones, those that wait while it is paused, and what is honest to say about others.

/** Enough for the last minutes of a lively workspace, and what a page can show. */
export const KEPT = 1_000;

export class EventLog {
  /** Newest first; among the events `{gap: text}` marks places where some are missing. */
  entries = [];
  isPaused = false;
  /** How many events came during this pause; more than can wait are not kept. */
  arrived = 0;
  #waiting = [];
  #limit;

  /** @param {number} [limit] of entries, and of those that wait */
  constructor(limit = KEPT) { this.#limit = limit; }

  /** How many of those that came are kept until the pause ends. */
  get waiting() { return Math.min(this.#waiting.length, this.#limit); }

  /** @param {object} entry an event, or `{gap: text}` */
  add(entry) {
    this.#waiting.push(entry);
    if (!entry.gap) this.arrived += 1;
    // Dropped in strides, not one at a time.
    if (this.#waiting.length >= 2 * this.#limit) this.#trim();
  }

  pause() {
    this.isPaused = true;
    this.arrived = this.#waiting.length;
  }

  /** Takes in what waits. @returns {object[]} it, newest first; empty while paused */
  flush() {
    if (this.isPaused || this.#waiting.length === 0) return [];
    this.#trim();
    return this.#take(this.#waiting.reverse());
  }

  /** Ends the pause. @returns {object[]} what waited, newest first, and behind it what to say of events not kept */
  resume() {
    this.isPaused = false;
    this.#trim();
    const fresh = this.#waiting.reverse();
    const lost = this.arrived - fresh.filter(({ gap }) => !gap).length;
    this.arrived = 0;
    const what = lost === 1 ? 'event was' : 'events were';
    if (lost > 0) fresh.push({ gap: `Of the pause, ${lost.toLocaleString()} earlier ${what} not kept.` });
    return this.#take(fresh);
  }

  clear() {
    this.entries = [];
    this.#waiting = [];
    this.arrived = 0;
    this.isPaused = false;
  }

  #take(fresh) {
    this.#waiting = [];
    this.entries = [...fresh, ...this.entries].slice(0, this.#limit + 1);
    return fresh;
  }

  #trim() { this.#waiting.splice(0, Math.max(0, this.#waiting.length - this.#limit)); }
}
