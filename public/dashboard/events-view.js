// The list of events, newest first. Rows are made once a frame, however many events came in between.

import { categories, categoryOf, describe, iconOf, typeLabel } from './describe.js';
import { element, symbol } from './elements.js';
import { EventLog, KEPT } from './event-log.js';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const numbers = new Intl.NumberFormat();
/** More names than this do not help anybody choose. */
const CHOICES = 500;

export class EventsView {
  #elements;
  #log = new EventLog();
  #names = new Map();
  #frame = false;
  #emptyText = '';
  #filter = { category: null, type: null, user: null };
  #types = new Set();
  #users = new Set();

  /** @param {object} elements `{list, empty, emptyText, emptyAction, pause, pauseText, note, kinds, type, user}` */
  constructor(elements) {
    this.#elements = elements;
    this.#makeKinds();
    elements.pause.addEventListener('click', () => (this.#log.isPaused ? this.#resume() : this.#pause()));
    elements.type.addEventListener('change', () => this.#choose({ type: elements.type.value || null }));
    elements.user.addEventListener('change', () => this.#choose({ user: elements.user.value || null }));
    elements.emptyAction.addEventListener('click', () => {
      this.#choose({ category: null, type: null, user: null });
      elements.pause.focus();
    });
    this.#choose({});
  }

  /** @param {object} event of the log */
  add(event) {
    this.#learnName(event);
    this.#log.add(event);
    if (this.#log.isPaused) this.#showPause();
    else this.#schedule();
  }

  /** Marks a place where events are missing. @param {string} text says which and why */
  addGap(text) {
    this.#log.add({ gap: text });
    if (!this.#log.isPaused) this.#schedule();
  }

  /** Reads names from earlier profile events and shows them in the rows already there. */
  learnNames(profiles) {
    for (const event of profiles) this.#learnName(event);
    if (!this.#log.isPaused) this.#redraw();
    this.#fillUsers();
  }

  clear() {
    this.#log.clear();
    this.#names.clear();
    this.#types.clear();
    this.#users.clear();
    this.#fillTypes();
    this.#fillUsers();
    this.#choose({ category: null, type: null, user: null });
    this.#showPause();
  }

  /** What the empty list says: what it waits for. */
  setEmptyText(text) {
    this.#emptyText = text;
    this.#showEmpty();
  }

  // MARK: Drawing

  // A hidden page gets no frames; a timer keeps its list moving.
  #schedule() {
    if (this.#frame) return;
    this.#frame = true;
    const draw = () => { this.#frame = false; this.#show(this.#log.flush()); };
    if (document.hidden) setTimeout(draw, 500); else requestAnimationFrame(draw);
  }

  /** Puts fresh entries on top; a reader who has scrolled down keeps the place. */
  #show(fresh) {
    if (fresh.length === 0) return;
    this.#learnChoices(fresh);
    const { list } = this.#elements;
    const rows = fresh.filter((entry) => this.#shows(entry)).map((entry) => this.#row(entry));
    const isScrolled = list.scrollTop > 8;
    const before = list.scrollHeight;
    list.prepend(...rows);
    while (list.children.length > KEPT + 1) list.lastElementChild.remove();
    if (isScrolled) list.scrollTop += list.scrollHeight - before;
    this.#showEmpty();
  }

  #redraw() {
    const rows = this.#log.entries.filter((entry) => this.#shows(entry)).map((entry) => this.#row(entry));
    this.#elements.list.replaceChildren(...rows);
    this.#showEmpty();
  }

  #row(entry) {
    if (entry.gap) return element('li', 'event-gap', entry.gap);
    const { who, what } = describe(entry, (id) => this.#nameOf(id));
    const row = element('li', 'event');
    row.dataset.category = categoryOf(entry.eventType);
    row.dataset.id = entry.id ?? '';
    row.title = entry.eventType;
    const badge = element('span', 'event-icon');
    badge.append(symbol(iconOf(entry.eventType)));
    const text = element('p', 'event-text');
    text.append(element('strong', 'event-who', who), ' ', element('span', 'event-what', what));
    row.append(badge, text, timeOf(entry));
    return row;
  }

  #showEmpty() {
    const { list, empty, emptyText, emptyAction } = this.#elements;
    const isEmpty = list.children.length === 0;
    const isFiltered = Object.values(this.#filter).some((value) => value !== null);
    empty.hidden = !isEmpty;
    list.hidden = isEmpty;
    emptyAction.hidden = !isFiltered;
    emptyText.textContent = isFiltered ? 'None of the latest events is like that.' : this.#emptyText;
  }

  #nameOf(id) { return this.#names.get(String(id)) ?? String(id ?? 'someone'); }

  #learnName({ eventType, userId, eventData }) {
    const name = eventType === 'user.updated' && (eventData?.displayName || eventData?.username);
    if (name) this.#names.set(String(userId), String(name));
  }

  // MARK: Pausing

  #pause() {
    this.#log.pause();
    this.#showPause();
  }

  #resume() {
    this.#show(this.#log.resume());
    this.#showPause();
  }

  #showPause() {
    const { pause, pauseText, note } = this.#elements;
    const { isPaused, arrived, waiting } = this.#log;
    pause.dataset.paused = String(isPaused);
    pauseText.textContent = isPaused ? 'Resume' : 'Pause';
    note.hidden = !isPaused;
    const lost = arrived - waiting;
    note.textContent = arrived === 0 ? 'Paused. New events will wait.'
      : lost > 0 ? `Paused. ${numbers.format(arrived)} new events; the latest ${numbers.format(waiting)} are kept.`
        : `Paused. ${numbers.format(arrived)} new ${arrived === 1 ? 'event is' : 'events are'} waiting.`;
  }

  // MARK: Filtering

  #shows(entry) {
    if (entry.gap) return true;
    const { category, type, user } = this.#filter;
    return (category === null || categoryOf(entry.eventType) === category)
      && (type === null || entry.eventType === type) && (user === null || String(entry.userId) === user);
  }

  #choose(change) {
    if ('category' in change && change.category !== this.#filter.category) change.type ??= null;
    Object.assign(this.#filter, change);
    for (const chip of this.#elements.kinds.children) {
      chip.setAttribute('aria-pressed', String((chip.dataset.kind || null) === this.#filter.category));
    }
    this.#fillTypes();
    this.#elements.user.value = this.#filter.user ?? '';
    this.#redraw();
  }

  #makeKinds() {
    this.#elements.kinds.append(...[{ name: null, label: 'All' }, ...categories].map(({ name, label }) => {
      const chip = element('button', 'chip', label);
      chip.type = 'button';
      chip.dataset.kind = name ?? '';
      chip.addEventListener('click', () => this.#choose({ category: name }));
      return chip;
    }));
  }

  #learnChoices(entries) {
    const [types, users] = [this.#types.size, this.#users.size];
    for (const { gap, eventType, userId } of entries) {
      if (gap) continue;
      if (this.#types.size < CHOICES) this.#types.add(eventType);
      if (this.#users.size < CHOICES) this.#users.add(String(userId));
    }
    if (this.#types.size !== types) this.#fillTypes();
    if (this.#users.size !== users) this.#fillUsers();
  }

  /** The types seen, of the chosen kind. */
  #fillTypes() {
    const { category, type } = this.#filter;
    const types = [...this.#types].filter((each) => category === null || categoryOf(each) === category);
    fill(this.#elements.type, 'Any type', types.map((each) => [each, typeLabel(each)]), type);
  }

  #fillUsers() {
    fill(this.#elements.user, 'Anyone', [...this.#users].map((id) => [id, this.#nameOf(id)]), this.#filter.user);
  }
}

function fill(select, all, choices, chosen) {
  const sorted = choices.sort(([, a], [, b]) => a.localeCompare(b));
  const options = [['', all], ...sorted].map(([value, label]) => new Option(label, value, false, value === (chosen ?? '')));
  select.replaceChildren(...options);
}

function timeOf({ occurredAt, timestamp }) {
  const at = new Date(occurredAt ?? timestamp);
  if (Number.isNaN(at.getTime())) return element('span', 'event-time');
  const time = element('time', 'event-time figure', clock.format(at));
  time.dateTime = at.toISOString();
  return time;
}
