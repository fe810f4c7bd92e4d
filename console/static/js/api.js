// Questions to the server. An answer that did not come within a while is an error that the page shows.

const PATIENCE = 20_000;

export async function ask(path, { signal } = {}) {
  const limit = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(path, { signal: signal ? AbortSignal.any([signal, limit]) : limit, headers: { Accept: "application/json" } });
  if (answer.status === 404) return null;
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.error ?? `HTTP ${answer.status}`);
  }
  return answer.json();
}
