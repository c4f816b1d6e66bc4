/** Timers by name, of which each exists once; overdue ones can be run from outside. */
export class Timers {
  #timers = new Map();

  /** Runs `act` after `delay` milliseconds; a timer of the same name is replaced. */
  after(name, delay, act) {
    this.cancel(name);
    const run = () => { this.cancel(name); act(); };
    this.#timers.set(name, { id: setTimeout(run, delay), due: performance.now() + delay, run });
  }

  has(name) { return this.#timers.has(name); }

  cancel(...names) {
    for (const name of names) {
      clearTimeout(this.#timers.get(name)?.id);
      this.#timers.delete(name);
    }
  }

  /** Browsers wake the timers of hidden pages once a minute; a message from a visible page can make up for it. */
  runOverdue() {
    const overdue = [...this.#timers.values()].filter(({ due }) => due < performance.now());
    for (const { run } of overdue) run();
  }

  cancelAll() { this.cancel(...this.#timers.keys()); }
}
