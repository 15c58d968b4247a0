// The page's copy of the room: messages by id, kept up to date by one event stream.

const RETRY_MS = 3_000;
/** A hidden page lets go of its connection (browsers open only six per server) and catches up when it is seen again. */
const HIDDEN_MS = 30_000;

/** Calls the server. Throws an object `{status}`: 0 when it cannot be reached. A lost sign-in leads to the login page. */
export async function call(path, body) {
  let response;
  try {
    response = await fetch(
      path,
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    );
  } catch {
    throw { status: 0 };
  }
  if (response.status === 401) location.assign('/login');
  if (!response.ok) throw { status: response.status };
  return response.status === 204 ? undefined : response.json();
}

/**
 * @param chat whether there are messages at all; health comes in any case
 * @param on changed(id, isNew): a message is new or different, without id everything may be; connected(yes); health(sample)
 */
export function openRoom(chat, on) {
  const messages = new Map();
  const threads = new Set();
  const loaded = Promise.withResolvers();
  let source;
  let timer;

  const inOrder = (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1);
  const list = (thread) =>
    [...messages.values()].filter((message) => (message.thread ?? '') === (thread ?? '')).sort(inOrder);

  function take(message) {
    const known = messages.get(message.id);
    // An answer to a fetch may be older than an event that overtook it.
    if (known && (known.editedAt ?? known.at) > (message.editedAt ?? message.at)) return;
    messages.set(message.id, message);
  }

  async function load(thread) {
    const query = thread ? `?thread=${encodeURIComponent(thread)}` : '';
    const { messages: found } = await call(`/api/messages${query}`);
    for (const message of found) take(message);
    if (thread) threads.add(thread);
  }
  async function loadAll() {
    await Promise.all([load(), ...[...threads].map((thread) => load(thread))]);
    on.changed();
    loaded.resolve();
  }

  function connect() {
    clearTimeout(timer);
    source?.close();
    source = new EventSource('/api/events');
    source.addEventListener('hello', (event) => {
      on.connected(true);
      if (chat && !JSON.parse(event.data).resumed) loadAll().catch(() => retry());
    });
    source.addEventListener('message', (event) => {
      const message = JSON.parse(event.data);
      const isNew = !messages.has(message.id);
      take(message);
      on.changed(message.id, isNew);
    });
    source.addEventListener('health', (event) => on.health(JSON.parse(event.data)));
    source.addEventListener('error', () => {
      on.connected(false);
      // The browser reconnects by itself after a cut, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) retry();
    });
  }
  function retry() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      call('/api/console').then(connect, retry);
    }, RETRY_MS);
  }
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => source.close(), HIDDEN_MS);
    else if (source.readyState === EventSource.CLOSED) connect();
  });
  connect();

  return {
    get: (id) => messages.get(id),
    channel: () => list(),
    thread: (id) => list(id),
    loadThread: load,
    /** Resolves when the channel has been fetched once. */
    loaded: loaded.promise,
  };
}
