import { levelOfWord } from '../level.ts';
import { DIGIT, isAt } from '../lexicon/characters.ts';
import { NO_SERVICE_NAMES } from '../lexicon/service-names.ts';

/** A number, with or without a unit, and an address. */
const AMOUNT = /^[+-]?\d[\d.,:]*\s?(?:%|[a-zA-Zµμ]{1,3})?$/;
/** An id that is made anew for each request or process. */
const ID = /^(?:[\da-f]{16,}|[\da-f]{8}-[\da-f]{4}-[\da-f-]{4,})$/i;
/** A place in a source file: `router.go:55`. */
const LOCATION = /\.[a-z]{1,4}:\d+$/;
const MAX_NAME = 200;

/** Whether a text can name a service: it is no amount, no id, no level, no place in a source, no word for a stream or a role. */
export function isServiceName(text: string): boolean {
  if (text.length === 0 || text.length > MAX_NAME || text.includes('\n')) return false;
  const first = text.charCodeAt(0);
  const digits = first >= 48 && first <= 57;
  if ((digits || first === 43 || first === 45) && AMOUNT.test(text)) return false;
  if (text.length >= 13 && ID.test(text)) return false;
  if (text.length <= 13 && (levelOfWord(text) || NO_SERVICE_NAMES.has(text.toLowerCase()))) return false;
  return !isAt(text, text.length - 1, DIGIT) || !LOCATION.test(text);
}

/** The name of a container, a unit or a cloud's resource without what is around it: `/orders`, `orders.service`, `…/sites/ORDERS`. */
export function nameOfContainer(text: string): string | undefined {
  const unit = text.endsWith('.service') ? text.slice(0, -'.service'.length) : text;
  const name = unit.slice(unit.lastIndexOf('/') + 1);
  return isServiceName(name) ? name : undefined;
}
