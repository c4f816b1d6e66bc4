// Requests to our own origin: problem details become one error type that says whether to try again.

/** An answer that is not a success, or no answer at all (`status` 0). */
export class RequestError extends Error {
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

const workspaceURL = (workspace) => `/api/workspaces/${encodeURIComponent(workspace)}`;

export function analyticsURL(workspace, query) {
  return withQuery(`${workspaceURL(workspace)}/analytics/realtime`, query);
}

export function eventsURL(workspace, query) {
  return withQuery(`${workspaceURL(workspace)}/events`, query);
}

function withQuery(path, query = {}) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null)).toString();
  return parameters ? `${path}?${parameters}` : path;
}

/** Returns `{status, headers, body}` for 2xx and 304. Throws `RequestError`; an abort throws what fetch throws. */
export async function request(url, init = {}) {
  let response;
  try {
    response = await fetch(url, { credentials: 'same-origin', cache: 'no-store', ...init });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new RequestError(0, 'the server cannot be reached');
  }
  const body = await readJSON(response);
  if (response.ok || response.status === 304) return { status: response.status, headers: response.headers, body };
  const seconds = Number(response.headers.get('Retry-After'));
  throw new RequestError(response.status, body?.detail ?? body?.title ?? `the server answered ${response.status}`, {
    code: body?.code ?? null,
    retryAfter: Number.isFinite(seconds) ? Math.min(seconds * 1_000, 120_000) : 0,
  });
}

async function readJSON(response) {
  const type = response.headers.get('Content-Type') ?? '';
  if (!/\bjson\b/.test(type)) return null;
  try {
    return await response.json();
  } catch {
    return null; // A body cut short counts as no body; the status still says what happened.
  }
}
