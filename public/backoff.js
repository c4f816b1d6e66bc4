/** Exponential delays with full jitter: uniform in [0, min(cap, base · 2ⁿ)], never below a tenth of the base. */
export class Backoff {
  attempts = 0;
  #base;
  #cap;
  #random;

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

  reset() { this.attempts = 0; }
}
