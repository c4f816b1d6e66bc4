// The list of events, newest first. Rows are made once a frame, however many events came in between.

import { categories, categoryOf, describe, iconOf } from './describe.js';
import { element, symbol } from './metrics-view.js';

const MAXIMUM_ROWS = 200;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

export class EventsView {
  #elements;
  #names = new Map();
  #events = [];
  #waiting = [];
  #frame = null;
  #isPaused = false;
  #filter = null;

  /** `elements`: `{list, empty, emptyText, pause, filters}` */
  constructor(elements) {
    this.#elements = elements;
    this.#makeFilters();
    elements.pause.addEventListener('click', () => this.#setPaused(!this.#isPaused));
  }

  add(event) {
    this.#learnName(event);
    this.#waiting.push(event);
    if (this.#waiting.length > MAXIMUM_ROWS) this.#waiting.splice(0, this.#waiting.length - MAXIMUM_ROWS);
    if (this.#isPaused) this.#showPause();
    else this.#schedule();
  }

  /** Reads names from earlier profile events and shows them in the rows already there. */
  learnNames(profiles) {
    for (const event of profiles) this.#learnName(event);
    if (!this.#isPaused) this.#redraw();
  }

  clear() {
    this.#events = [];
    this.#waiting = [];
    this.#names.clear();
    this.#setPaused(false);
    this.#redraw();
  }

  /** What the empty list says: what it waits for. */
  setEmptyText(text) { this.#elements.emptyText.textContent = text; }

  // A hidden page gets no frames; a timer keeps its list moving.
  #schedule() {
    if (this.#frame) return;
    this.#frame = true;
    const draw = () => { this.#frame = null; this.#flush(); };
    if (document.hidden) setTimeout(draw, 500); else requestAnimationFrame(draw);
  }

  #flush() {
    if (this.#isPaused || this.#waiting.length === 0) return;
    const fresh = this.#waiting.reverse();
    this.#waiting = [];
    this.#events = [...fresh, ...this.#events].slice(0, MAXIMUM_ROWS);
    const { list } = this.#elements;
    const rows = fresh.filter((event) => this.#shows(event)).map((event) => this.#row(event));
    const isScrolled = list.scrollTop > 8;
    const before = list.scrollHeight;
    list.prepend(...rows);
    while (list.children.length > MAXIMUM_ROWS) list.lastElementChild.remove();
    if (isScrolled) list.scrollTop += list.scrollHeight - before;
    this.#showEmpty();
  }

  #redraw() {
    const rows = this.#events.filter((event) => this.#shows(event)).map((event) => this.#row(event));
    this.#elements.list.replaceChildren(...rows);
    this.#showEmpty();
  }

  #row(event) {
    const { who, what } = describe(event, (id) => this.#names.get(String(id)) ?? String(id ?? 'someone'));
    const row = element('li', 'event');
    row.dataset.category = categoryOf(event.eventType);
    row.dataset.id = event.id ?? '';
    row.title = event.eventType;
    const badge = element('span', 'event-icon');
    badge.append(symbol(iconOf(event.eventType)));
    const text = element('p', 'event-text');
    text.append(element('strong', 'event-who', who), ' ', element('span', 'event-what', what));
    const at = new Date(event.occurredAt ?? event.timestamp);
    const time = element('time', 'event-time figure', Number.isNaN(at.getTime()) ? '' : clock.format(at));
    if (!Number.isNaN(at.getTime())) time.dateTime = at.toISOString();
    row.append(badge, text, time);
    return row;
  }

  #learnName({ eventType, userId, eventData }) {
    const name = eventType === 'user.updated' && (eventData?.displayName || eventData?.username);
    if (name) this.#names.set(String(userId), String(name));
  }

  #shows({ eventType }) {
    return this.#filter === null || categoryOf(eventType) === this.#filter;
  }

  #showEmpty() {
    const isEmpty = this.#elements.list.children.length === 0;
    this.#elements.empty.hidden = !isEmpty;
    this.#elements.list.hidden = isEmpty;
    if (isEmpty && this.#filter && this.#events.length > 0) this.setEmptyText('Nothing of this kind yet.');
  }

  #setPaused(paused) {
    this.#isPaused = paused;
    this.#elements.pause.setAttribute('aria-pressed', String(paused));
    this.#showPause();
    if (!paused) this.#schedule();
  }

  #showPause() {
    const count = this.#waiting.length;
    const more = count >= MAXIMUM_ROWS ? `${MAXIMUM_ROWS}+` : count;
    this.#elements.pause.textContent = this.#isPaused ? (count > 0 ? `Resume · ${more} new` : 'Resume') : 'Pause';
  }

  #makeFilters() {
    const all = [{ name: null, label: 'All' }, ...categories];
    this.#elements.filters.append(...all.map(({ name, label }) => {
      const chip = element('button', 'chip', label);
      chip.type = 'button';
      chip.setAttribute('aria-pressed', String(name === null));
      chip.addEventListener('click', () => {
        this.#filter = name;
        for (const other of this.#elements.filters.children) {
          other.setAttribute('aria-pressed', String(other === chip));
        }
        this.#redraw();
      });
      return chip;
    }));
  }
}
