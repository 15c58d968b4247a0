import { findInBase64, findThrough, unescapedView } from './encoded.ts';
import { KeywordFilter } from './keyword-filter.ts';
import { SECRET_WORDS } from './names.ts';
import { findInCommands } from './places/commands.ts';
import { findInHeadersAndUrls } from './places/headers-and-urls.ts';
import { findCutSecrets, findPrivateKeys, findRandomRuns } from './places/keys.ts';
import { findNamedValues } from './places/named-values.ts';
import { findInProse } from './places/prose.ts';
import { findInSql } from './places/sql.ts';
import { findVendorKeys, VENDOR_KEYWORDS } from './rules/vendor-rules.ts';
import type { Finder, Span } from './span.ts';

/** What is looked for where, with the section of words of which a text must have one. */
const PLACES: readonly [section: string, find: Finder][] = [
  ['sign-place', findInHeadersAndUrls],
  ['sign-name', findNamedValues],
  ['sign-command', findInCommands],
  ['sign-sql', findInSql],
  ['sign-prose', findInProse],
];
/** Places stand behind the rules of vendors. */
const FIRST_PLACE = VENDOR_KEYWORDS.at(-1)![1] + 1;
const FILTER = new KeywordFilter([
  ...VENDOR_KEYWORDS,
  ...PLACES.flatMap(([section], index) =>
    [...SECRET_WORDS.words(section)].map((word): [string, number] => [word, FIRST_PLACE + index]),
  ),
]);

/** What names its value, or has a known form. */
const findNamed: Finder = (text, spans) => {
  const signs = FILTER.find(text);
  const hasSign = text.includes('@');
  if (signs.size === 0 && !hasSign) return;
  findVendorKeys(text, spans, signs);
  for (const [index, [, find]] of PLACES.entries())
    if (signs.has(FIRST_PLACE + index) || (index === 0 && hasSign)) find(text, spans);
};

/** Credentials in a text: also behind escapes, and inside of what is written in base64. */
export const findSecrets: Finder = (text, spans) => {
  if (text.length < 4) return;
  findPrivateKeys(text, spans);
  findThrough(findNamed, text, unescapedView(text), spans);
  findRandomRuns(text, spans);
  findCutSecrets(text, spans);
  const inside = (inner: string): Span[] => {
    const found: Span[] = [];
    findNamed(inner, found);
    return found;
  };
  findInBase64(text, inside, spans);
};
