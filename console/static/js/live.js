// The stream of updates, and a watch over it. The server beats every second; a few beats missed is an outage, however
// healthy the connection looks. A closed stream is opened again by the browser, or by us where the browser gives up.

const SILENCE = 5000;
const RETRY = [1000, 2000, 4000, 8000, 15000];

export class Live extends EventTarget {
  #source = null;
  #tries = 0;
  #retryAt = 0;
  #heard = null;
  #heardAt = null;

  constructor(url) {
    super();
    this.url = url;
    this.state = "connecting";
  }

  start() {
    this.#open();
    setInterval(() => this.#watch(), 500);
    document.addEventListener("visibilitychange", () => document.hidden || this.#watch());
    addEventListener("online", () => { this.#retryAt = 0; this.#watch(); });
  }

  /** Milliseconds since the last word of the server; null before the first. */
  get silence() {
    return this.#heard === null ? null : performance.now() - this.#heard;
  }

  /** Wall time of the last word of the server. */
  get heardAt() {
    return this.#heardAt;
  }

  #open() {
    this.#source?.close();
    const source = new EventSource(this.url);
    for (const kind of ["snapshot", "alerts", "stages", "beat"]) {
      source.addEventListener(kind, (event) => {
        if (source !== this.#source) return;
        this.#heard = performance.now();
        this.#heardAt = Date.now();
        this.#tries = 0;
        this.#become("live");
        this.dispatchEvent(new CustomEvent(kind, { detail: JSON.parse(event.data) }));
      });
    }
    this.#source = source;
    this.#retryAt = performance.now() + SILENCE + RETRY[Math.min(this.#tries, RETRY.length - 1)];
    this.#tries += 1;
  }

  #watch() {
    const silent = this.#heard === null ? Infinity : this.silence;
    if (silent <= SILENCE) return;
    if (this.#heard !== null) this.#become("lost");
    else if (this.#source.readyState === EventSource.CLOSED || this.#tries > 1) this.#become("unreachable");
    this.dispatchEvent(new CustomEvent("silence"));
    // Also a connection that hangs open without a word is replaced.
    if (performance.now() >= this.#retryAt) this.#open();
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
