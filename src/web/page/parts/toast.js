// A short notice at the bottom of the page, which goes away by itself.
import { byId } from './element.js';
import { text } from './strings.js';

const TOAST_MS = 6_000;
let timer;

export function toast(words) {
  const box = byId('toast');
  box.textContent = words;
  box.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => {
    box.hidden = true;
  }, TOAST_MS);
}

/** Says what went wrong in a call of the server. */
export const toastFailure = ({ status }) =>
  toast(text(status === 0 ? 'error.offline' : status === 503 ? 'error.limited' : 'error.server'));
