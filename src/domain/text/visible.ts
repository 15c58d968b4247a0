/**
 * What of a text does something to a screen instead of standing on it: control characters; what reorders text (bidi
 * controls); what has no width (zero-width spaces, fillers, tags), so that two texts look alike. Joiners and variation
 * selectors stay, since emoji and several scripts are written with them, but not between plain ASCII letters.
 */

const PICTURES = 0x2400;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const C0 = /[\u0000-\u0008\u000b-\u001f]/g;
const UNSEEN =
  /[\u0080-\u009f\u2028\u2029\p{Bidi_Control}[\p{Default_Ignorable_Code_Point}--[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\u{e0100}-\u{e01ef}]]]|(?<=[!-~])[\u200c\u200d]+(?=[!-~])/gv;
/** Whether there is anything to do: most text is plain. */
const PLAIN = /^[\t\n -~\u00a1-\u00ac\u00ae-\u02ff\u0400-\u05ff\u3001-\u3130\u3200-\ud7a3]*$/;

/**
 * Text of which every character is seen, on a terminal or a page: control characters become their pictures (`\0` → `␀`,
 * ESC → `␛`, CR → `␍`), what is unseen or half a surrogate pair becomes U+FFFD. Newlines and tabs stay. Characters are
 * replaced one by one and none is removed, so nothing joins to a new sequence, and no text becomes longer.
 */
export const visible = (text: string): string =>
  PLAIN.test(text)
    ? text
    : text
        .toWellFormed()
        .replace(C0, (char) => String.fromCharCode(PICTURES + char.charCodeAt(0)))
        .replace(/\u007f/g, '\u2421')
        .replace(UNSEEN, (found) => '\ufffd'.repeat(found.length));

/** The same where a text is one field of a line: a newline or a tab in it is none of the page's own. */
export const visibleField = (text: string): string =>
  visible(text).replace(/\n/g, '\u240a').replace(/\t/g, ' ');

/**
 * JSON of the same value in which all that `visible` replaces is written as `\uXXXX`: a terminal that shows it obeys
 * nothing of what it holds. `JSON.stringify` leaves DEL, C1 and everything above as they are.
 * @param json valid JSON
 */
export const visibleJson = (json: string): string =>
  PLAIN.test(json) ? json : json.replace(/\u007f/g, escaped).replace(UNSEEN, escaped);

const escaped = (char: string): string =>
  char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
