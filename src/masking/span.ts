/** What is hidden: it names the placeholder. The first four are credentials. */
export type Kind =
  | 'KEY'
  | 'JWT'
  | 'TOKEN'
  | 'PASSWORD'
  | 'EMAIL'
  | 'RRN'
  | 'BUSINESS'
  | 'CARD'
  | 'PHONE'
  | 'ACCOUNT'
  | 'IDENTITY'
  | 'IP'
  | 'ADDRESS'
  | 'NAME';

/** A stretch of a text that is to be hidden. */
export interface Span {
  start: number;
  end: number;
  kind: Kind;
}

/** Finds what is to be hidden in a text. */
export type Finder = (text: string, spans: Span[]) => void;

/** What stands for something hidden. */
export const PLACEHOLDER =
  /\[(?:KEY|JWT|TOKEN|PASSWORD|EMAIL|RRN|BUSINESS|CARD|PHONE|ACCOUNT|IDENTITY|IP|ADDRESS|NAME)_\d+\]/;

const CREDENTIALS: ReadonlySet<Kind> = new Set(['KEY', 'JWT', 'TOKEN', 'PASSWORD']);
export const isCredential = (kind: Kind): boolean => CREDENTIALS.has(kind);

/** In order, and without overlaps: what overlaps is hidden as one, as a credential where one of them is. */
export function merged(spans: Span[]): Span[] {
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const out: Span[] = [];
  for (const span of spans) {
    const last = out.at(-1);
    if (!last || span.start >= last.end) {
      if (span.end > span.start) out.push({ ...span });
      continue;
    }
    last.end = Math.max(last.end, span.end);
    if (isCredential(span.kind) && !isCredential(last.kind)) last.kind = span.kind;
  }
  return out;
}
