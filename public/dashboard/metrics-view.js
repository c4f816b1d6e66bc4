// The eight figures as cards, each with its window and the line of its values since the page was opened.

import { element, symbol } from './elements.js';
import { Sparkline } from './sparkline.js';

const metrics = [
  { key: 'onlineUsers', label: 'Online now', note: 'open stream or seen in 5 min', icon: 'person' },
  { key: 'activeUsers', label: 'Active users', note: 'last 24 hours', icon: 'people' },
  { key: 'activeSessions', label: 'Active sessions', note: 'last 30 minutes', icon: 'other' },
  { key: 'activeChannels', label: 'Active channels', note: 'last 24 hours', icon: 'channel' },
  { key: 'messagesLastHour', label: 'Messages last hour', note: 'rolling 60 minutes', icon: 'clock' },
  { key: 'messagesToday', label: 'Messages today', note: 'since local midnight', icon: 'message' },
  { key: 'tasksInProgress', label: 'Tasks in progress', note: 'right now', icon: 'task' },
  { key: 'activeOrchestrators', label: 'Orchestrators', note: 'agents at work within 5 min', icon: 'agent' },
];

const numbers = new Intl.NumberFormat();

export class MetricsView {
  #list;
  #cards = new Map();

  /** @param {HTMLElement} list an empty `dl` */
  constructor(list) {
    this.#list = list;
    for (const metric of metrics) this.#add(metric);
  }

  /** @param {object} stats as the server sends them; figures it lacks keep their value */
  show(stats) {
    this.#list.setAttribute('aria-busy', 'false');
    for (const [key, card] of this.#cards) {
      const value = Number(stats[key]);
      if (!Number.isFinite(value)) continue;
      if (card.shown !== null && card.shown !== value) pulse(card.root);
      card.shown = value;
      card.value.textContent = numbers.format(value);
      card.line.add(value);
    }
  }

  /** Back to the state before the first figures. */
  clear() {
    this.#list.setAttribute('aria-busy', 'true');
    for (const card of this.#cards.values()) {
      card.shown = null;
      card.value.textContent = '–';
      card.line.clear();
    }
  }

  #add({ key, label, note, icon }) {
    const root = element('div', 'metric');
    root.dataset.metric = key;
    const term = element('dt', 'metric-label');
    term.append(symbol(icon), element('span', '', label));
    const value = element('dd', 'metric-value figure', '–');
    const spark = element('dd', 'spark');
    spark.setAttribute('aria-hidden', 'true');
    const canvas = element('canvas');
    spark.append(canvas);
    root.append(term, value, element('dd', 'metric-note', note), spark);
    this.#list.append(root);
    this.#cards.set(key, { root, value, line: new Sparkline(canvas), shown: null });
  }
}

function pulse(root) {
  root.classList.remove('is-changed');
  requestAnimationFrame(() => root.classList.add('is-changed'));
}
