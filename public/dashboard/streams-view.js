// The administrator's view of who is connected: every open stream of the workspace, to close one or all.

import { RequestError, request } from '../realtime/requests.js';
import { duration, element } from './elements.js';

const SHOWN = 100;
const INTERVAL = 5_000;
const numbers = new Intl.NumberFormat();

export class StreamsView {
  #elements;
  #rows = new Map();
  #path = null;
  #name = '';
  /** The path whose streams the open dialog asks about. */
  #asked = null;
  #ownId = () => null;
  #timer = null;
  #abort = new AbortController();

  /** @param {object} elements `{panel, title, body, note, error, closeAll, dialog, dialogText}` */
  constructor(elements) {
    this.#elements = elements;
    elements.closeAll.addEventListener('click', () => this.#ask());
    elements.dialog.addEventListener('close', () => {
      const asked = this.#asked;
      this.#asked = null;
      if (elements.dialog.returnValue === 'close' && asked) this.#close(asked, '', 'All streams were told to close.');
    });
    document.addEventListener('visibilitychange', () => { if (this.#path && !document.hidden) this.#load(); });
  }

  /**
   * Shows the streams of a workspace from now on.
   * @param {string} workspace
   * @param {() => string|null} ownId which of them is this browser's
   */
  watch(workspace, ownId) {
    this.stop();
    this.#name = workspace;
    this.#path = `/api/workspaces/${encodeURIComponent(workspace)}/analytics/realtime`;
    this.#ownId = ownId;
    this.#elements.panel.hidden = false;
    this.#elements.note.textContent = 'Looking…';
    this.#load();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#path = null;
    // Asked about a workspace that is shown no more; the dialog says that it closed a little later.
    this.#asked = null;
    if (this.#elements.dialog.open) this.#elements.dialog.close('cancel');
    this.#rows.clear();
    this.#elements.body.replaceChildren();
    this.#elements.panel.hidden = true;
    this.#fail(null);
  }

  // MARK: Loading

  async #load() {
    clearTimeout(this.#timer);
    this.#abort.abort();
    const { signal } = this.#abort = new AbortController();
    try {
      const { body } = await request(`${this.#path}/connections?limit=${SHOWN}`, { signal });
      if (signal.aborted) return;
      this.#show(body ?? {});
      this.#fail(null);
    } catch (error) {
      if (signal.aborted) return;
      // The page's own connection state tells of a server that is away; this list waits with it.
      if (error.status !== 0 && error.status !== 401) this.#fail(`The streams could not be listed: ${error.message}`);
    }
    this.#timer = setTimeout(() => { if (!document.hidden) this.#load(); }, INTERVAL);
  }

  #show({ connections = [], total = 0, complete = true }) {
    const focused = document.activeElement;
    const rows = connections.map((stream) => this.#row(stream));
    const isSame = rows.length === this.#elements.body.children.length
      && rows.every((row, i) => row === this.#elements.body.children[i]);
    if (!isSame) this.#elements.body.replaceChildren(...rows);
    const known = new Set(connections.map(({ connectionId }) => connectionId));
    for (const id of this.#rows.keys()) if (!known.has(id)) this.#rows.delete(id);
    // A moved row loses the focus, a closed one takes it along.
    if (focused?.isConnected) focused.focus({ preventScroll: true });
    else if (focused?.dataset.stream) this.#elements.title.focus({ preventScroll: true });
    const shown = connections.length < total ? `the oldest ${numbers.format(connections.length)} of ` : '';
    this.#elements.note.textContent = `${shown}${numbers.format(total)} open${complete ? '' : ', perhaps more'}`;
    this.#elements.closeAll.disabled = total === 0;
  }

  #row(stream) {
    const { connectionId, userId, address, ageMs, lagEvents, state } = stream;
    let row = this.#rows.get(connectionId);
    if (!row) {
      row = this.#makeRow(stream);
      this.#rows.set(connectionId, row);
    }
    const [user, , age, , lag] = row.cells;
    user.textContent = connectionId === this.#ownId() ? `${userId} (this browser)` : userId;
    row.cells[1].textContent = address;
    age.textContent = duration(ageMs);
    row.cells[3].textContent = receives(stream);
    lag.textContent = state === 'live' ? (lagEvents > 0 ? `${numbers.format(lagEvents)} behind` : 'up to date') : state;
    return row;
  }

  #makeRow({ connectionId, userId, address }) {
    const row = element('tr');
    const user = element('th');
    user.scope = 'row';
    row.append(user);
    for (const label of ['Address', 'Open for', 'Receives', 'State']) {
      const cell = element('td', label === 'Open for' ? 'figure' : '');
      cell.dataset.label = label;
      row.append(cell);
    }
    const action = element('td', 'stream-action');
    const button = element('button', 'button button-small', 'Close');
    button.type = 'button';
    button.dataset.stream = connectionId;
    button.setAttribute('aria-label', `Close the stream of ${userId} from ${address}`);
    button.addEventListener('click', () => {
      // Not `disabled`: that would take the focus away.
      if (button.ariaDisabled === 'true') return;
      button.ariaDisabled = 'true';
      this.#close(this.#path, `/connections/${encodeURIComponent(connectionId)}`, `The stream of ${userId} was closed.`);
    });
    action.append(button);
    row.append(action);
    return row;
  }

  // MARK: Closing

  #ask() {
    const { dialog, dialogText } = this.#elements;
    dialogText.textContent = `Every page and program that watches ${this.#name} is disconnected, this page too. They come `
      + 'back by themselves after the time that the server gives them, and miss nothing.';
    this.#asked = this.#path;
    dialog.returnValue = '';
    dialog.showModal();
  }

  async #close(from, path, done) {
    try {
      await request(from + path, { method: 'DELETE' });
      if (this.#path !== from) return;
      this.#fail(null);
      this.#elements.note.textContent = done;
    } catch (error) {
      if (this.#path !== from) return;
      if (!(error instanceof RequestError && error.status === 404)) this.#fail(`Not closed: ${error.message}`);
      for (const button of this.#elements.body.querySelectorAll('[aria-disabled]')) button.ariaDisabled = null;
    }
    this.#load();
  }

  #fail(text) {
    this.#elements.error.hidden = text === null;
    this.#elements.error.textContent = text ?? '';
  }
}

function receives({ types, stats, events }) {
  const what = events ? (types?.join(', ') ?? 'all events') : null;
  return [what, stats ? 'figures' : null].filter(Boolean).join(' + ') || 'pings only';
}
