/**
 * Characters that change a screen instead of being shown: control characters; those that reorder text (bidi controls); those
 * without width (zero-width spaces, fillers, tags), which make two different texts look the same. Joiners and variation selectors
 * stay, since emoji and several scripts need them, but not between plain ASCII letters.
 */

const PICTURES = 0x2400;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const C0 = /[\u0000-\u0008\u000b-\u001f]/g;
const UNSEEN =
  /[\u0080-\u009f\u2028\u2029\p{Bidi_Control}[\p{Default_Ignorable_Code_Point}--[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\u{e0100}-\u{e01ef}]]]|(?<=[!-~])[\u200c\u200d]+(?=[!-~])/gv;
/** Matches text in which nothing has to be replaced, as in most texts. */
const PLAIN = /^[\t\n -~\u00a1-\u00ac\u00ae-\u02ff\u0400-\u05ff\u3001-\u3130\u3200-\ud7a3]*$/;

/**
 * Text in which every character can be seen, on a terminal or a page: control characters become their pictures (`\0` → `␀`, ESC →
 * `␛`, CR → `␍`); characters that cannot be seen, or half a surrogate pair, become U+FFFD. Newlines and tabs stay. Characters are
 * replaced one by one and none is removed, so no new sequence can appear, and no text becomes longer.
 */
export const visible = (text: string): string =>
  PLAIN.test(text)
    ? text
    : text
        .toWellFormed()
        .replace(C0, (char) => String.fromCharCode(PICTURES + char.charCodeAt(0)))
        .replace(/\u007f/g, '\u2421')
        .replace(UNSEEN, (found) => '\ufffd'.repeat(found.length));

/**
 * The same for a text that is one field of a line: newlines and tabs in it are replaced too, since they are not part of the
 * page's own layout.
 */
export const visibleField = (text: string): string =>
  visible(text).replace(/\n/g, '\u240a').replace(/\t/g, ' ');

/**
 * JSON of the same value in which all characters that `visible` replaces are written as `\uXXXX`, so that a terminal does not
 * obey them. `JSON.stringify` leaves DEL, C1 and everything above as they are.
 * @param json valid JSON
 */
export const visibleJson = (json: string): string =>
  PLAIN.test(json) ? json : json.replace(/\u007f/g, escaped).replace(UNSEEN, escaped);

const escaped = (char: string): string =>
  char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
