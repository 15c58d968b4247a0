// A scrolling list of messages that changes as little as possible, so that reading and focus are not disturbed.
import { messageElement } from './message.js';

const NEAR_END_PX = 80;

/**
 * @param parts elements: list, scroll, jump
 * @param handlers message → what `messageElement` takes
 */
export function createFeed(parts, handlers) {
  const drawn = new Map();
  let atEnd = true;

  const toEnd = () => {
    parts.scroll.scrollTop = parts.scroll.scrollHeight;
  };
  parts.scroll.addEventListener('scroll', () => {
    const { scrollTop, scrollHeight, clientHeight } = parts.scroll;
    atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (atEnd) parts.jump.hidden = true;
  });
  // Pictures get their height only when they are drawn.
  parts.list.addEventListener('load', () => atEnd && toEnd(), true);
  parts.jump.addEventListener('click', toEnd);
  parts.list.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowDown' ? 'next' : event.key === 'ArrowUp' ? 'previous' : undefined;
    if (!step || !event.target.matches('.message')) return;
    event.preventDefault();
    event.target[`${step}ElementSibling`]?.focus();
  });

  function draw(message) {
    const node = messageElement(message, handlers(message));
    const old = drawn.get(message.id);
    if (old) {
      const focused = old.node.contains(document.activeElement) ? document.activeElement : undefined;
      const action = focused?.dataset.action;
      old.node.replaceWith(node);
      if (focused === old.node) node.focus({ preventScroll: true });
      else if (action)
        [...node.querySelectorAll('[data-action]')]
          .find((button) => button.dataset.action === action)
          ?.focus({ preventScroll: true });
      const details = old.node.querySelector('details');
      if (details?.open) node.querySelector('details')?.setAttribute('open', '');
    }
    drawn.set(message.id, { message, node });
    return node;
  }

  return {
    /** Shows these messages; nodes of unchanged ones stay as they are. */
    show(messages, { redraw = false, arrived = false } = {}) {
      const wasAtEnd = atEnd;
      const ids = new Set(messages.map((message) => message.id));
      for (const [id, { node }] of drawn)
        if (!ids.has(id)) {
          node.remove();
          drawn.delete(id);
        }
      let added = false;
      let before = parts.list.firstElementChild;
      for (const message of messages) {
        const known = drawn.get(message.id);
        if (!known) added = true;
        const node = known && known.message === message && !redraw ? known.node : draw(message);
        if (before === known?.node) before = node;
        if (node !== before) parts.list.insertBefore(node, before);
        before = node.nextElementSibling;
      }
      if (wasAtEnd) toEnd();
      else if (added && arrived) parts.jump.hidden = false;
    },
    toEnd() {
      atEnd = true;
      toEnd();
    },
    /** Brings one message into view and stays there when others arrive. */
    reveal(id) {
      atEnd = false;
      drawn.get(id)?.node.scrollIntoView({ block: 'start' });
    },
    toStart() {
      parts.scroll.scrollTop = 0;
      atEnd = false;
    },
  };
}
