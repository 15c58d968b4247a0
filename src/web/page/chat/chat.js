// The chat: the channel, a thread beside it, and a command box for each.
import { byId } from '../parts/element.js';
import { call } from '../parts/server.js';
import { currentLanguage, text } from '../parts/strings.js';
import { toast, toastFailure } from '../parts/toast.js';
import { Composer } from './composer.js';
import { Feed } from './feed.js';
import { opensThread } from './message.js';
import { Room } from './room.js';

/** Buttons whose answer is written into the thread; pressing one shows the thread. */
const ANSWERED_IN_THREAD = new Set(['why', 'summarize', 'more']);
const BUTTON_REST_MS = 4_000;
const DRAW_MS = 40;
const SERVICES_KEPT_MS = 30_000;

const isOpenAlert = (message) => opensThread(message) && message.message.tone === 'critical';
const threadAddress = (id) => `#/thread/${encodeURIComponent(id)}`;
const openThread = (id) => {
  location.hash = threadAddress(id);
};

const feedOf = (name, handlers) =>
  new Feed({ list: byId(name), scroll: byId(`${name}-scroll`), jump: byId(`${name}-jump`) }, handlers);

export class Chat {
  #on;
  #room;
  #channelFeed;
  #threadFeed;
  #channelComposer;
  /** Id of the message whose thread is shown. */
  #thread;
  /** Whether a person has chosen what to see. Until then the newest alert opens by itself. */
  #chosen = false;
  /** A drawing is due. */
  #drawing = false;
  /** A message came since the last drawing. */
  #arrived = false;
  #services = [];
  #servicesAt = 0;

  /**
   * @param hasChat whether the server has a chat; without one only its health comes
   * @param on commands (what can be typed); drawn(): the messages may have changed; health(sample); opened(): a thread opened by itself, and the address after # says so
   */
  constructor(hasChat, on) {
    this.#on = on;
    const pressIn = (message) => (action, button) => this.#press(message, action, button);
    this.#channelFeed = feedOf('channel', (message) => ({
      press: pressIn(message),
      open: () => openThread(message.id),
    }));
    this.#threadFeed = feedOf('thread', (message) => ({ press: pressIn(message) }));
    const services = () => this.#knownServices();
    this.#channelComposer = new Composer(byId('channel-composer'), {
      id: 'channel-command',
      placeholder: 'command.channel',
      commands: on.commands,
      services,
      send: (typed) => this.send(typed),
    });
    new Composer(byId('thread-composer'), {
      id: 'thread-command',
      placeholder: 'command.thread',
      commands: on.commands,
      services,
      send: (typed) => this.send(typed, this.#thread),
    });
    this.#room = new Room(hasChat, {
      changed: (id, isNew) => this.#changed(id, isNew),
      connected: (yes) => {
        if (hasChat) byId('connection').textContent = yes ? '' : text('connection.lost');
      },
      health: (sample) => on.health(sample),
    });
    this.#knownServices();
  }

  get thread() {
    return this.#thread;
  }

  personChose() {
    this.#chosen = true;
  }

  /** Begins a command in the channel's box. */
  write(words) {
    this.#channelComposer.write(words);
  }

  /** Sends what a person typed. Resolves with whether the server took it. */
  async send(typed, inThread) {
    try {
      await call('/api/say', { text: typed, ...this.#sender(inThread) });
      (inThread ? this.#threadFeed : this.#channelFeed).toEnd();
      return true;
    } catch (error) {
      toastFailure(error);
      return false;
    }
  }

  async showThread(id) {
    if (id === this.#thread) return;
    this.#thread = id;
    this.draw();
    if (!id) return;
    this.#threadFeed.toStart();
    try {
      await Promise.all([this.#room.load(id), this.#room.loaded]);
      if (this.#thread !== id) return;
      if (!this.#room.get(id)) toast(text('error.thread'));
      this.draw();
      // On a fresh page the alert whose thread is open is in view, even when other messages came after it.
      if (!this.#chosen) this.#channelFeed.reveal(id);
    } catch (error) {
      toastFailure(error);
    }
  }

  /** @param options redraw: all of it, for another language; arrived: a message came */
  draw(options) {
    this.#drawChannel(options);
    this.#drawThread(options);
    const open = this.#room.channel().filter(isOpenAlert).length;
    document.title = open ? `(${open}) Bongsu` : 'Bongsu';
    this.#on.drawn();
  }

  #drawChannel(options) {
    const messages = this.#room.channel();
    this.#channelFeed.show(messages, options);
    byId('channel-empty').hidden = messages.length > 0;
    for (const node of byId('channel').children)
      node.classList.toggle('chosen', node.dataset.id === this.#thread);
    const alert = messages.findLast(isOpenAlert);
    const isFree = !this.#chosen && !this.#thread && location.hash.length < 3;
    if (alert && isFree && matchMedia('(min-width: 900px)').matches) {
      history.replaceState(null, '', threadAddress(alert.id));
      this.#on.opened();
    }
  }

  #drawThread(options) {
    const parent = this.#thread && this.#room.get(this.#thread);
    byId('thread-empty').hidden = Boolean(parent);
    byId('thread-close').hidden = !this.#thread;
    byId('thread-composer').hidden = !parent;
    const replies = parent ? this.#room.thread(this.#thread) : [];
    this.#threadFeed.show(parent ? [parent, ...replies] : [], options);
    byId('thread').classList.toggle('has-replies', replies.length > 0);
  }

  #changed(id, isNew) {
    this.#arrived ||= Boolean(isNew);
    const message = id && this.#room.get(id);
    if (isNew && message.fromBot) byId('announcer').textContent = message.message.summary;
    // Many changes at once are drawn once.
    if (this.#drawing) return;
    this.#drawing = true;
    setTimeout(() => {
      this.#drawing = false;
      this.draw({ arrived: this.#arrived });
      this.#arrived = false;
    }, DRAW_MS);
  }

  async #press(message, action, button) {
    button.disabled = true;
    button.setAttribute('aria-busy', 'true');
    // Usually the message has changed and was drawn anew before that.
    setTimeout(() => {
      button.disabled = false;
      button.removeAttribute('aria-busy');
    }, BUTTON_REST_MS);
    const isParent = opensThread(message);
    if (isParent && ANSWERED_IN_THREAD.has(action.name)) openThread(message.id);
    const inThread = message.thread ?? (isParent ? message.id : undefined);
    try {
      await call('/api/press', { action, ...this.#sender(inThread) });
      if (inThread && ANSWERED_IN_THREAD.has(action.name)) this.#threadFeed.toEnd();
    } catch (error) {
      button.disabled = false;
      toastFailure(error);
    }
  }

  #sender(inThread) {
    return {
      user: byId('name').value.trim() || text('name.nobody'),
      language: currentLanguage(),
      ...(inThread ? { thread: inThread } : {}),
    };
  }

  /** Names for the completion of `service:`, as far as they have come; asks for them again from time to time. */
  #knownServices() {
    if (Date.now() - this.#servicesAt > SERVICES_KEPT_MS) {
      this.#servicesAt = Date.now();
      call('/api/services').then(
        ({ services }) => {
          this.#services = services;
        },
        () => {},
      );
    }
    return this.#services;
  }
}
