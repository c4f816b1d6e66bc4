// Who is looking: the login link, the session cookie, and the workspace shown.

import { request } from './transport.js';

const REMEMBERED = 'tideline.workspace';

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
}

export async function signOut() {
  await request('/api/session', { method: 'DELETE' });
}

/** `{userId, name, workspaces: [{id, slug, role}]}`; throws a `RequestError` 401 when nobody is signed in. */
export async function whoAmI() {
  return (await request('/api/me', { headers: { Accept: 'application/json' } })).body;
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
