import { stringEnd } from './batch.ts';

/** Numbers that JSON cannot express but that writers in several languages write anyway. */
const NO_FIGURE = /^-?(?:NaN|Infinity)(?![\w$])/;
const LONGEST_NO_FIGURE = '-Infinity'.length + 1;

/**
 * Parses JSON, also in the lenient forms of some writers: `NaN`, `Infinity` and `-Infinity` become null; line ends and other
 * control characters may stand unescaped in a text; NULs at the end (as after a C string), blanks and a byte order mark around it
 * are ignored. Nothing else is guessed.
 * @throws SyntaxError
 */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const strict = strictJson(text);
    if (strict === text) throw cause;
    return JSON.parse(strict);
  }
}

/** Repairs it in one pass; anything unknown stays as it is. */
function strictJson(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\0' || text[end - 1]!.trim() === '')) end -= 1;
  const parts: string[] = [];
  let from = 0;
  const replace = (at: number, behind: number, by: string): void => {
    parts.push(text.slice(from, at), by);
    from = behind;
  };
  for (let at = 0; at < end; at += 1) {
    const character = text[at]!;
    if (character === '"') {
      const close = stringEnd(text, at);
      for (let inner = at + 1; inner < close && inner < end; inner += 1)
        if (text.charCodeAt(inner) < 0x20)
          replace(inner, inner + 1, `\\u${text.charCodeAt(inner).toString(16).padStart(4, '0')}`);
      at = close;
    } else if (character === 'N' || character === 'I' || character === '-') {
      const found = NO_FIGURE.exec(text.slice(at, at + LONGEST_NO_FIGURE));
      if (!found) continue;
      replace(at, at + found[0].length, 'null');
      at += found[0].length - 1;
    }
  }
  parts.push(text.slice(from, Math.max(from, end)));
  return parts.join('').trim();
}
