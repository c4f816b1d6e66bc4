// Which tab holds the one stream: whoever has the lock. Browsers give it on when a tab ends, however it ends.

export class Leadership {
  isLeader = false;
  #name;
  #onChange;
  #onRefusal;
  #locks;
  #request = null;
  #release = null;

  /** Whether this page can take part; `navigator.locks` is missing on plain HTTP beyond localhost. */
  static get isPossible() {
    return typeof navigator !== 'undefined' && 'locks' in navigator && typeof BroadcastChannel !== 'undefined';
  }

  /**
   * @param {string} name of the lock
   * @param {(isLeader: boolean) => void} onChange called when leadership comes, and when it is another tab's
   * @param {() => void} [onRefusal] called instead where the browser gives this page no locks
   * @param {LockManager} [locks]
   */
  constructor(name, onChange, onRefusal = () => {}, locks = navigator.locks) {
    this.#name = name;
    this.#onChange = onChange;
    this.#onRefusal = onRefusal;
    this.#locks = locks;
  }

  /** Takes the lock, or stands in line for it. */
  join() { if (this.#request === null) this.#ask({ ifAvailable: true }); }

  /** Takes the lock from a leader that does not answer. */
  steal() {
    if (this.isLeader) return;
    this.#request?.abort();
    this.#ask({ steal: true });
  }

  /** Leaves the line, or hands the lock on. */
  leave() {
    this.isLeader = false;
    this.#request?.abort();
    this.#request = null;
    this.#release?.();
    this.#release = null;
  }

  async #ask(options) {
    const request = new AbortController();
    this.#request = request;
    // Only waiting can be aborted; the other two kinds are answered at once.
    const terms = options.steal || options.ifAvailable ? options : { signal: request.signal };
    try {
      await this.#locks.request(this.#name, terms, (lock) => this.#hold(lock, request));
    } catch (error) {
      // Aborted by ourselves, or stolen; anything else would be the same the next time.
      if (error.name !== 'AbortError' && request === this.#request) {
        this.leave();
        return this.#onRefusal();
      }
    }
    if (request !== this.#request) return;
    this.isLeader = false;
    this.#release = null;
    this.#ask({});
    return this.#onChange(false);
  }

  /** Holds the lock for as long as the promise is pending. */
  #hold(lock, request) {
    if (lock === null || request !== this.#request) return undefined;
    return new Promise((release) => {
      this.#release = release;
      this.isLeader = true;
      this.#onChange(true);
    });
  }
}
