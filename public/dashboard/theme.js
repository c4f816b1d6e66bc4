// Light or dark: what the system prefers, or what was chosen here. A plain script in the head, so that the first thing
// painted has the right colours already.

(() => {
  const KEY = 'tideline.theme';
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const current = () => root.dataset.theme ?? (system.matches ? 'dark' : 'light');

  function read() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // Storage may be forbidden; then the choice lasts as long as the page.
    }
  }

  function apply(theme) {
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.getElementById('theme')?.setAttribute('aria-pressed', String(current() === 'dark'));
    document.dispatchEvent(new Event('themechange'));
  }

  /** Choosing what the system prefers anyway means following it again. */
  function toggle() {
    const wanted = current() === 'dark' ? 'light' : 'dark';
    const isSystems = (wanted === 'dark') === system.matches;
    apply(isSystems ? null : wanted);
    try {
      if (isSystems) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, wanted);
    } catch {
      // As above.
    }
  }

  apply(read());
  system.addEventListener('change', () => apply(read()));
  addEventListener('storage', ({ key }) => { if (key === KEY) apply(read()); });
  addEventListener('DOMContentLoaded', () => {
    document.getElementById('theme').addEventListener('click', toggle);
    apply(root.dataset.theme ?? null);
  });
})();
