// A scrolling list of messages. It changes as few elements as possible, so that reading and focus are not disturbed.
import { messageElement } from './message.js';

const NEAR_END_PX = 80;

export class Feed {
  #list;
  #scroll;
  #jump;
  #handlers;
  /** By message id: the message and the element that shows it. */
  #drawn = new Map();
  #atEnd = true;

  /**
   * @param parts elements: list, scroll, jump
   * @param handlers takes a message and returns what `messageElement` needs for it
   */
  constructor({ list, scroll, jump }, handlers) {
    this.#list = list;
    this.#scroll = scroll;
    this.#jump = jump;
    this.#handlers = handlers;
    scroll.addEventListener('scroll', () => {
      this.#atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END_PX;
      if (this.#atEnd) jump.hidden = true;
    });
    // Pictures have no height before they are loaded.
    list.addEventListener('load', () => this.#atEnd && this.#scrollToEnd(), true);
    jump.addEventListener('click', () => this.#scrollToEnd());
    list.addEventListener('keydown', moveFocus);
  }

  /** Shows these messages. Elements of unchanged ones stay as they are. */
  show(messages, { redraw = false, arrived = false } = {}) {
    const wasAtEnd = this.#atEnd;
    this.#removeOthers(messages);
    let added = false;
    let before = this.#list.firstElementChild;
    for (const message of messages) {
      const known = this.#drawn.get(message.id);
      if (!known) added = true;
      const node = known && known.message === message && !redraw ? known.node : this.#draw(message);
      if (before === known?.node) before = node;
      if (node !== before) this.#list.insertBefore(node, before);
      before = node.nextElementSibling;
    }
    if (wasAtEnd) this.#scrollToEnd();
    else if (added && arrived) this.#jump.hidden = false;
  }

  toEnd() {
    this.#atEnd = true;
    this.#scrollToEnd();
  }

  toStart() {
    this.#scroll.scrollTop = 0;
    this.#atEnd = false;
  }

  /** Scrolls to one message and stays there when others arrive. */
  reveal(id) {
    this.#atEnd = false;
    this.#drawn.get(id)?.node.scrollIntoView({ block: 'start' });
  }

  #scrollToEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #removeOthers(messages) {
    const ids = new Set(messages.map((message) => message.id));
    for (const [id, { node }] of this.#drawn)
      if (!ids.has(id)) {
        node.remove();
        this.#drawn.delete(id);
      }
  }

  #draw(message) {
    const node = messageElement(message, this.#handlers(message));
    const old = this.#drawn.get(message.id);
    if (old) replace(old.node, node);
    this.#drawn.set(message.id, { message, node });
    return node;
  }
}

/** Puts `node` in the place of `old`; focus and opened details stay. */
function replace(old, node) {
  const focused = old.contains(document.activeElement) ? document.activeElement : undefined;
  const action = focused?.dataset.action;
  old.replaceWith(node);
  if (focused === old) node.focus({ preventScroll: true });
  else if (action)
    [...node.querySelectorAll('[data-action]')]
      .find((button) => button.dataset.action === action)
      ?.focus({ preventScroll: true });
  if (old.querySelector('details')?.open) node.querySelector('details')?.setAttribute('open', '');
}

/** Arrow keys move the focus from message to message. */
function moveFocus(event) {
  const step = event.key === 'ArrowDown' ? 'next' : event.key === 'ArrowUp' ? 'previous' : undefined;
  if (!step || !event.target.matches('.message')) return;
  event.preventDefault();
  event.target[`${step}ElementSibling`]?.focus();
}
