// Today's events by type: the twelve most frequent, as bars.

import { typeLabel } from './describe.js';
import { element } from './elements.js';

const SHOWN = 12;
const numbers = new Intl.NumberFormat();

export class TypesView {
  #list;
  #empty;
  #total;
  #rows = new Map();

  constructor(list, empty, total) {
    this.#list = list;
    this.#empty = empty;
    this.#total = total;
  }

  show(counts) {
    const sorted = Object.entries(counts ?? {}).sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
    const total = sorted.reduce((sum, [, count]) => sum + count, 0);
    const shown = sorted.slice(0, SHOWN);
    const largest = shown[0]?.[1] ?? 1;
    const rows = shown.map(([type, count]) => this.#row(type, count, largest));
    const isSame = rows.length === this.#list.children.length && rows.every((row, i) => row === this.#list.children[i]);
    if (!isSame) this.#list.replaceChildren(...rows);
    this.#empty.hidden = rows.length > 0;
    this.#total.textContent = total > 0 ? `${numbers.format(total)} events` : '';
  }

  clear() {
    this.#rows.clear();
    this.show({});
  }

  #row(type, count, largest) {
    let row = this.#rows.get(type);
    if (!row) {
      row = element('li', 'type');
      row.title = type;
      row.append(element('span', 'type-name', typeLabel(type)), element('span', 'type-count figure'), element('span', 'type-bar'));
      this.#rows.set(type, row);
    }
    row.children[1].textContent = numbers.format(count);
    row.children[2].style.setProperty('--share', String(count / largest));
    return row;
  }
}
