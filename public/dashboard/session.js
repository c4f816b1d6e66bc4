// Who is looking: the login link, the session cookie that all tabs share, and the workspace shown.

import { request } from '../realtime/requests.js';

const REMEMBERED = 'tideline.workspace';
const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('tideline.session');

/** Takes `#login=…&workspace=…` out of the address at once, so that the token stays in no history and no bookmark. */
export function takeLoginLink() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get('login');
  if (token === null) return null;
  const url = new URL(location.href);
  url.hash = '';
  if (fragment.get('workspace')) url.searchParams.set('workspace', fragment.get('workspace'));
  history.replaceState(null, '', url);
  return token;
}

/** Trades a token for the session cookie. */
export async function signIn(token) {
  await request('/api/session', { method: 'POST', headers: { Authorization: `Bearer ${token.trim()}` } });
  tabs?.postMessage('in');
}

/** The other tabs are told first, so that they close their stream before the server does. */
export async function signOut() {
  tabs?.postMessage('out');
  try {
    await request('/api/session', { method: 'DELETE' });
  } catch (error) {
    tabs?.postMessage('in');
    throw error;
  }
}

/** Calls `act` with 'in' or 'out' when somebody signs in or out in another tab. */
export function watchSession(act) {
  tabs?.addEventListener('message', ({ data }) => act(data));
}

/**
 * @returns {Promise<{userId: string, name?: string, isOperator?: boolean, workspaces: {id: string, slug?: string,
 *   name?: string, role: string}[]}>}
 * @throws {import('../realtime/requests.js').RequestError} 401 when nobody is signed in
 */
export async function whoAmI() {
  const { body } = await request('/api/me', { headers: { Accept: 'application/json' } });
  return { ...body, workspaces: body?.workspaces ?? [] };
}

/** The workspace named in the address, else the one last shown in this tab, else the first. */
export function chosenWorkspace(workspaces) {
  const wanted = [new URL(location.href).searchParams.get('workspace'), sessionStorage.getItem(REMEMBERED)];
  const named = wanted.map((name) => workspaces.find(({ id, slug }) => name && (name === slug || name === id)));
  return named.find(Boolean) ?? workspaces[0] ?? null;
}

export function rememberWorkspace({ slug, id }) {
  const name = slug ?? id;
  const url = new URL(location.href);
  url.searchParams.set('workspace', name);
  history.replaceState(null, '', url);
  sessionStorage.setItem(REMEMBERED, name);
}
