// The page's copy of the room: messages by id, kept up to date by one event stream.
import { call } from '../parts/server.js';

const RETRY_MS = 3_000;
/** A hidden page ends its connection after this time (browsers open only six to a server). It catches up when it is seen again. */
const HIDDEN_MS = 30_000;

const inOrder = (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1);

export class Room {
  #hasChat;
  #on;
  #messages = new Map();
  /** Ids of the threads that were fetched. */
  #threads = new Set();
  #loaded = Promise.withResolvers();
  #source;
  #timer;

  /**
   * @param hasChat whether the server has messages at all; health comes in any case
   * @param on changed(id, isNew): a message is new or different, without an id any may be; connected(yes); health(sample)
   */
  constructor(hasChat, on) {
    this.#hasChat = hasChat;
    this.#on = on;
    document.addEventListener('visibilitychange', () => this.#seenOrHidden());
    this.#connect();
  }

  /** Resolves when the channel has been fetched once. */
  get loaded() {
    return this.#loaded.promise;
  }
  get(id) {
    return this.#messages.get(id);
  }
  channel() {
    return this.#list('');
  }
  thread(id) {
    return this.#list(id);
  }

  /** Fetches a thread, or the channel when none is named. */
  async load(thread) {
    const query = thread ? `?thread=${encodeURIComponent(thread)}` : '';
    const { messages } = await call(`/api/messages${query}`);
    for (const message of messages) this.#take(message);
    if (thread) this.#threads.add(thread);
  }

  #list(thread) {
    return [...this.#messages.values()].filter((message) => (message.thread ?? '') === thread).sort(inOrder);
  }

  #take(message) {
    const known = this.#messages.get(message.id);
    // A fetch may answer later than an event that is newer than it.
    if (known && (known.editedAt ?? known.at) > (message.editedAt ?? message.at)) return;
    this.#messages.set(message.id, message);
  }

  async #loadAll() {
    await Promise.all([this.load(), ...[...this.#threads].map((thread) => this.load(thread))]);
    this.#on.changed();
    this.#loaded.resolve();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource('/api/events');
    this.#source = source;
    source.addEventListener('hello', (event) => {
      this.#on.connected(true);
      if (this.#hasChat && !JSON.parse(event.data).resumed) this.#loadAll().catch(() => this.#retry());
    });
    source.addEventListener('message', (event) => {
      const message = JSON.parse(event.data);
      const isNew = !this.#messages.has(message.id);
      this.#take(message);
      this.#on.changed(message.id, isNew);
    });
    source.addEventListener('health', (event) => this.#on.health(JSON.parse(event.data)));
    source.addEventListener('error', () => {
      this.#on.connected(false);
      // The browser reconnects by itself when a connection was cut, but not when it was refused.
      if (this.#source.readyState === EventSource.CLOSED) this.#retry();
    });
  }

  #retry() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      call('/api/console').then(
        () => this.#connect(),
        () => this.#retry(),
      );
    }, RETRY_MS);
  }

  #seenOrHidden() {
    clearTimeout(this.#timer);
    if (document.hidden) this.#timer = setTimeout(() => this.#source.close(), HIDDEN_MS);
    else if (this.#source.readyState === EventSource.CLOSED) this.#connect();
  }
}
