// How long ago a time is, in words that stay true while the page is open.
import { element } from './element.js';
import { currentLanguage } from './strings.js';

const REFRESH_MS = 20_000;
const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** `12 minutes ago`; times to come as `in 5 minutes`. @param at epoch milliseconds */
export function agoText(at, now = Date.now()) {
  const format = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: 'auto', style: 'short' });
  const passed = at - now;
  const [unit, size] = UNITS.find(([, ms]) => Math.abs(passed) >= ms) ?? ['second', 1_000];
  return format.format(Math.trunc(passed / size), unit);
}

export function ago(at) {
  return element('span', { class: 'ago', 'data-at': at }, ` (${agoText(at)})`);
}

setInterval(() => {
  for (const node of document.querySelectorAll('.ago'))
    node.textContent = ` (${agoText(Number(node.dataset.at))})`;
}, REFRESH_MS);
