// Requests to the gateway: problem details become one error type that says whether to try again.

/** An answer that does not come within this time is none: a proxy or a sleeping network may swallow it for ever. */
const PATIENCE = 15_000;
/** The longest wait that a server may ask of us. */
const LONGEST_WAIT = 120_000;

/** An answer that is not a success, or no answer at all (`status` 0). */
export class RequestError extends Error {
  /**
   * @param {number} status the HTTP status; 0 when there was no answer
   * @param {string} message what to show
   * @param {{code?: string|null, retryAfter?: number}} [detail]
   */
  constructor(status, message, { code = null, retryAfter = 0 } = {}) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.code = code;
    /** What the server asks us to wait, in milliseconds. */
    this.retryAfter = retryAfter;
  }

  get isTransient() { return this.status === 0 || this.status === 429 || this.status >= 500; }
  /** Trying the same again cannot help. */
  get isFinal() { return [400, 401, 403, 404, 406].includes(this.status); }
}

/**
 * One request. Resolves for 2xx and 304; an abort by the caller rejects as fetch does.
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<{status: number, headers: Headers, body: any}>} `body` is null unless it is JSON
 * @throws {RequestError}
 */
export async function request(url, { signal, ...init } = {}) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  const giveUp = () => patience.abort();
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const response = await fetch(url, { credentials: 'same-origin', cache: 'no-store', ...init, signal: patience.signal });
    return judge(response, await readJSON(response));
  } catch (error) {
    if (error instanceof RequestError) throw error;
    signal?.throwIfAborted();
    throw new RequestError(0, 'the server cannot be reached');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

function judge(response, body) {
  const { status, headers } = response;
  if (response.ok || status === 304) return { status, headers, body };
  const seconds = Number(headers.get('Retry-After'));
  throw new RequestError(status, body?.detail ?? body?.title ?? `the server answered ${status}`, {
    code: body?.code ?? null,
    retryAfter: Number.isFinite(seconds) ? Math.min(seconds * 1_000, LONGEST_WAIT) : 0,
  });
}

async function readJSON(response) {
  if (!/\bjson\b/.test(response.headers.get('Content-Type') ?? '')) return null;
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) return null; // A body cut short counts as none; the status still says what happened.
    throw error;
  }
}
