/**
 * Watches how a page goes and comes back: hidden for good, into the back/forward cache, frozen, asleep, offline.
 *
 * @param {object} acts
 * @param {() => void} acts.leave the page goes: nothing may stay open
 * @param {() => void} acts.enter it is back after `leave`
 * @param {() => void} acts.show it is visible again
 * @param {() => void} acts.hide it is hidden, and may come back at any time
 * @param {() => void} acts.online the network is back
 * @returns {() => void} stops watching
 */
export function watchPage({ leave, enter, show, hide, online }) {
  const listeners = new AbortController();
  const on = (target, type, act) => target.addEventListener(type, act, { signal: listeners.signal });
  if (typeof window === 'undefined') return () => {};
  on(window, 'pagehide', leave);
  on(window, 'pageshow', enter);
  on(document, 'freeze', leave);
  on(document, 'resume', enter);
  on(window, 'online', online);
  on(document, 'visibilitychange', () => (document.visibilityState === 'visible' ? show() : hide()));
  return () => listeners.abort();
}
