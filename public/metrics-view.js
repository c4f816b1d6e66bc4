// The eight figures as cards, each with its window and the line of its values since the page was opened.

const SVG = 'http://www.w3.org/2000/svg';
const SAMPLES = 60;
/** A line of fewer values does not fill its width, so that it does not jump while it is young. */
const SHORTEST = 12;

const metrics = [
  { key: 'onlineUsers', label: 'Online now', note: 'open stream or seen within 5 min', icon: 'person' },
  { key: 'activeUsers', label: 'Active users', note: 'last 24 hours', icon: 'person' },
  { key: 'activeSessions', label: 'Active sessions', note: 'last 30 minutes', icon: 'other' },
  { key: 'activeChannels', label: 'Active channels', note: 'last 24 hours', icon: 'channel' },
  { key: 'messagesLastHour', label: 'Messages last hour', note: 'rolling 60 minutes', icon: 'message' },
  { key: 'messagesToday', label: 'Messages today', note: 'since local midnight', icon: 'message' },
  { key: 'tasksInProgress', label: 'Tasks in progress', note: 'right now', icon: 'task' },
  { key: 'activeOrchestrators', label: 'Orchestrators', note: 'agents at work within 5 min', icon: 'agent' },
];

const numbers = new Intl.NumberFormat();

export class MetricsView {
  #list;
  #cards = new Map();

  constructor(list) {
    this.#list = list;
    for (const metric of metrics) this.#add(metric);
  }

  show(stats) {
    this.#list.setAttribute('aria-busy', 'false');
    for (const [key, card] of this.#cards) {
      const value = Number(stats[key]);
      if (!Number.isFinite(value)) continue;
      const changed = card.values.length > 0 && card.values.at(-1) !== value;
      card.values.push(value);
      if (card.values.length > SAMPLES) card.values.shift();
      card.value.textContent = numbers.format(value);
      card.line.setAttribute('d', sparkline(card.values));
      if (changed) pulse(card.root);
    }
  }

  /** Back to the state before the first figures. */
  clear() {
    this.#list.setAttribute('aria-busy', 'true');
    for (const card of this.#cards.values()) {
      card.values = [];
      card.value.textContent = '–';
      card.line.setAttribute('d', '');
    }
  }

  #add({ key, label, note, icon }) {
    const root = element('div', 'metric');
    root.dataset.metric = key;
    const term = element('dt', 'metric-label');
    term.append(symbol(icon), element('span', '', label));
    const value = element('dd', 'metric-value figure', '–');
    const line = document.createElementNS(SVG, 'path');
    const spark = document.createElementNS(SVG, 'svg');
    for (const [name, text] of Object.entries({ class: 'spark', viewBox: '0 0 100 28', preserveAspectRatio: 'none' })) {
      spark.setAttribute(name, text);
    }
    spark.setAttribute('aria-hidden', 'true');
    spark.append(line);
    root.append(term, value, element('dd', 'metric-note', note), spark);
    this.#list.append(root);
    this.#cards.set(key, { root, value, line, values: [] });
  }
}

function sparkline(values) {
  if (values.length < 3) return '';
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const step = 100 / (Math.max(values.length, SHORTEST) - 1);
  const left = 100 - (values.length - 1) * step;
  const y = (value) => (span === 0 ? 24 : 25 - (22 * (value - low)) / span);
  return values.map((value, i) => `${i ? 'L' : 'M'}${(left + i * step).toFixed(2)} ${y(value).toFixed(2)}`).join('');
}

function pulse(root) {
  root.classList.remove('is-changed');
  requestAnimationFrame(() => root.classList.add('is-changed'));
}

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function symbol(name) {
  const icon = document.createElementNS(SVG, 'svg');
  icon.setAttribute('class', 'icon');
  icon.setAttribute('viewBox', '0 0 24 24');
  icon.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `icons.svg#${name}`);
  icon.append(use);
  return icon;
}
