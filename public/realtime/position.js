/** How far this page has come in the workspace's log: `<epoch>-<sequence>`, the `id:` of the last event seen. */
export class StreamPosition {
  #epoch = null;
  #sequence = 0;

  /** @param {string|null} [text] */
  constructor(text = null) { this.jump(text); }

  /** The id to resume from; null before the first one. */
  get text() { return this.#epoch === null ? null : `${this.#epoch}-${this.#sequence}`; }

  /**
   * Moves forward only.
   * @param {string} text
   * @returns {boolean} false for what was seen already
   */
  move(text) {
    const id = StreamPosition.parse(text);
    if (!id) return true;
    if (id.epoch === this.#epoch && id.sequence <= this.#sequence) return false;
    this.#epoch = id.epoch;
    this.#sequence = id.sequence;
    return true;
  }

  /** Whether something lies between here and `text`. Without a position of its own nothing does. */
  isBehind(text) {
    const id = StreamPosition.parse(text);
    if (!id || this.#epoch === null) return false;
    return id.epoch !== this.#epoch || id.sequence > this.#sequence;
  }

  /** Goes where the server says, also backwards: after a `reset`. */
  jump(text) {
    this.clear();
    this.move(text);
  }

  clear() {
    this.#epoch = null;
    this.#sequence = 0;
  }

  /** @returns {{epoch: string, sequence: number}|null} */
  static parse(text) {
    const match = /^([A-Za-z0-9._]+)-(\d{1,15})$/.exec(text ?? '');
    return match && { epoch: match[1], sequence: Number(match[2]) };
  }
}
