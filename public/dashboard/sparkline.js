// The line of a figure's latest values, by Chart.js. Without that library (it is Debian's, not ours) a card has no line.

/** Values kept: five minutes at the usual interval. */
const KEPT = 60;
/** A line of fewer values does not fill its width, so that it does not jump while it is young. */
const SHORTEST = 16;

let loading = null;

/** Chart.js puts itself into the global object. */
function library() {
  loading ??= import('../vendor/chart.min.js').then(() => globalThis.Chart ?? null, () => null);
  return loading;
}

export class Sparkline {
  #canvas;
  #values = [];
  #chart = null;

  /** @param {HTMLCanvasElement} canvas in a box of fixed size; its colour is the line's */
  constructor(canvas) {
    this.#canvas = canvas;
    library().then((Chart) => { if (Chart) this.#make(Chart); });
    document.addEventListener('themechange', () => this.#draw());
  }

  add(value) {
    this.#values.push(value);
    if (this.#values.length > KEPT) this.#values.shift();
    this.#draw();
  }

  clear() {
    this.#values = [];
    this.#draw();
  }

  #make(Chart) {
    this.#chart = new Chart(this.#canvas, {
      type: 'line',
      data: {
        labels: [],
        datasets: [{ data: [], fill: 'start', borderWidth: 1.75, tension: 0.3, pointRadius: 0, clip: 6 }],
      },
      options: {
        animation: false,
        events: [],
        maintainAspectRatio: false,
        layout: { padding: { top: 6, right: 0, bottom: 2 } },
        plugins: { legend: { display: false }, tooltip: { enabled: false } },
        scales: { x: { display: false }, y: { display: false, grace: '15%' } },
      },
    });
    this.#draw();
  }

  #draw() {
    if (this.#chart === null) return;
    const missing = Math.max(0, SHORTEST - this.#values.length);
    const [dataset] = this.#chart.data.datasets;
    const { color } = getComputedStyle(this.#canvas);
    dataset.data = [...Array(missing).fill(null), ...this.#values];
    dataset.borderColor = color;
    dataset.backgroundColor = ({ chart }) => fade(chart, color);
    this.#chart.data.labels = dataset.data.map((_, i) => i);
    this.#chart.update('none');
  }
}

/** From a tint of the colour down to nothing. */
function fade({ ctx, chartArea }, color) {
  if (!chartArea) return 'transparent';
  const gradient = ctx.createLinearGradient(0, chartArea.top, 0, chartArea.bottom);
  // Computed colours are `rgb(r, g, b)`.
  gradient.addColorStop(0, color.replace(')', ', 0.22)').replace('rgb(', 'rgba('));
  gradient.addColorStop(1, color.replace(')', ', 0)').replace('rgb(', 'rgba('));
  return gradient;
}
