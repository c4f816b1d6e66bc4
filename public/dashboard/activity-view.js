// The tide: events per five seconds over the last five minutes, drawn from what this page has seen.

const BUCKET = 5_000;
const BUCKETS = 60;
const WIDTH = 600;
const HEIGHT = 96;

export class ActivityView {
  #counts = new Map();
  #elements;
  #oldest = Infinity;
  #spokenAt = 0;

  constructor(elements) { this.#elements = elements; }

  add(event) {
    const time = Date.parse(event.occurredAt ?? event.receivedAt ?? event.timestamp);
    if (!Number.isFinite(time)) return;
    const bucket = Math.floor(time / BUCKET);
    this.#oldest = Math.min(this.#oldest, bucket);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
  }

  clear() {
    this.#counts.clear();
    this.#oldest = Math.floor(Date.now() / BUCKET) + 1;
    this.draw();
  }

  /** Called once a second; the last, unfinished bucket is left out so that the line does not dip at its end. */
  draw(now = Date.now()) {
    const last = Math.floor(now / BUCKET) - 1;
    const first = last - BUCKETS + 1;
    for (const bucket of this.#counts.keys()) if (bucket < first) this.#counts.delete(bucket);
    const values = [];
    for (let bucket = first; bucket <= last; bucket += 1) values.push(this.#counts.get(bucket) ?? 0);
    const path = smooth(values, Math.max(4, ...values));
    this.#elements.line.setAttribute('d', path);
    this.#elements.area.setAttribute('d', `${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`);
    this.#showRate(values.slice(-12), last);
  }

  /** The rate of the last minute; of what is known of it while the page is younger. */
  #showRate(minute, last) {
    const known = Math.min(minute.length, last - this.#oldest + 1);
    const total = minute.reduce((sum, value) => sum + value, 0);
    const rate = known > 0 ? Math.round((total * 12) / known) : 0;
    this.#elements.rate.textContent = known > 0 ? new Intl.NumberFormat().format(rate) : '–';
    if (performance.now() - this.#spokenAt < 15_000 && this.#spokenAt > 0) return;
    this.#spokenAt = performance.now();
    this.#elements.chart.setAttribute('aria-label', `Events over the last five minutes; now about ${rate} a minute`);
  }
}

/** A curve through the middles between the points: soft, and never above its highest value. */
function smooth(values, top) {
  const step = WIDTH / (values.length - 1);
  const points = values.map((value, i) => [i * step, HEIGHT - 4 - ((HEIGHT - 12) * value) / top]);
  const [start, ...rest] = points;
  let path = `M${start[0]} ${start[1].toFixed(1)}`;
  rest.forEach(([x, y], i) => {
    const [px, py] = points[i];
    const middle = ((px + x) / 2).toFixed(1);
    path += `C${middle} ${py.toFixed(1)} ${middle} ${y.toFixed(1)} ${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return path;
}
