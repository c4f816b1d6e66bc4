/** Exponential delays with full jitter: uniform in [0, min(cap, base · 2ⁿ)], never below a tenth of the base. */
export class Backoff {
  /** How many delays were given since the last success. */
  attempts = 0;
  #base;
  #cap;
  #random;

  /**
   * @param {number} [base] the ceiling of the first delay, in milliseconds
   * @param {number} [cap] the ceiling of all
   * @param {() => number} [random] uniform in [0, 1)
   */
  constructor(base = 1_000, cap = 30_000, random = Math.random) {
    this.#base = base;
    this.#cap = cap;
    this.#random = random;
  }

  /** The delay before the next attempt, in milliseconds. */
  next() {
    const ceiling = Math.min(this.#cap, this.#base * 2 ** Math.min(this.attempts, 20));
    this.attempts += 1;
    return Math.max(this.#base / 10, this.#random() * ceiling);
  }

  /** After a success: the next delay is a first one again. */
  reset() { this.attempts = 0; }
}
