// Where one workspace is reached, and with which credential.

import { request } from './requests.js';

/** The addresses of one workspace at one gateway, and the requests that the module makes there. */
export class Endpoint {
  #base;
  #path;
  #token;
  #ticket;

  /**
   * @param {string} workspace its id or slug
   * @param {object} [options]
   * @param {string} [options.baseURL] the gateway's origin; this page's own when empty
   * @param {(() => Promise<string>|string)|null} [options.token] gives a bearer token, asked before each request;
   *   without it the session cookie counts
   * @param {((signal: AbortSignal) => Promise<string>)|true|null} [options.ticket] gives a one-use ticket before each
   *   stream, which a cross-origin EventSource needs; `true` asks `POST /api/tickets` with the bearer token
   */
  constructor(workspace, { baseURL = '', token = null, ticket = null } = {}) {
    this.#base = baseURL.replace(/\/+$/, '');
    this.#path = `${this.#base}/api/workspaces/${encodeURIComponent(workspace)}`;
    this.#token = token;
    this.#ticket = ticket;
  }

  /** A stream by ticket may end with the ticket's credential while this page has a new one. */
  get usesTickets() { return this.#ticket !== null; }

  /** The workspace at its gateway. */
  get name() { return this.#path; }

  /** Whether requests have a credential that tells who this is; a page that has tickets only may have none. */
  get canIdentify() { return this.#token !== null || this.#ticket === null; }

  /** @returns {Promise<string>} the user's id, by the credential that all requests have now */
  async whoAmI(signal) {
    const headers = { Accept: 'application/json', ...(await this.#credential()) };
    const { body } = await request(`${this.#base}/api/me`, { headers, signal });
    return body?.userId ?? null;
  }

  /** The address of a stream that goes on after `position`. */
  async stream(position, signal) {
    const ticket = await this.#newTicket(signal);
    return withQuery(`${this.#path}/analytics/realtime`, { lastEventId: position, ticket });
  }

  /** The figures now; 304 when they are still those of `etag`, which no cross-origin request may name. */
  snapshot(etag, signal) {
    const headers = { Accept: 'application/json', ...(etag && !this.#base && { 'If-None-Match': etag }) };
    return this.#send('/analytics/realtime', { headers, signal });
  }

  /** One page of the log after `position`, or its newest end without one. */
  log(query, signal) {
    return this.#send(withQuery('/events', query), { signal });
  }

  /** Asks with HEAD what the stream's path would answer: an EventSource does not tell why it was refused. A page that has
   *  no other credential takes a ticket for it. */
  async probe(signal) {
    const ticket = this.#token === null ? await this.#newTicket(signal) : null;
    const path = withQuery('/analytics/realtime', { ticket });
    return this.#send(path, { method: 'HEAD', headers: { Accept: 'text/event-stream' }, signal });
  }

  /** Posts one event. A small one survives the page that sends it; browsers allow 64 KiB of such for all requests. */
  post(event, idempotencyKey) {
    const body = JSON.stringify(event);
    return this.#send('/analytics/realtime', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': idempotencyKey },
      body,
      keepalive: body.length < 4_096,
    });
  }

  async #send(path, init) {
    return request(this.#path + path, { ...init, headers: { ...init.headers, ...(await this.#credential()) } });
  }

  async #credential() {
    return this.#token === null ? {} : { Authorization: `Bearer ${await this.#token()}` };
  }

  async #newTicket(signal) {
    if (this.#ticket !== true) return this.#ticket === null ? null : this.#ticket(signal);
    const answer = await request(`${this.#base}/api/tickets`, {
      method: 'POST', headers: await this.#credential(), signal,
    });
    return answer.body?.ticket ?? null;
  }
}

function withQuery(path, query) {
  const known = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(known).toString();
  return text ? `${path}?${text}` : path;
}
