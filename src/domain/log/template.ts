/** A pattern as people read it: variables become an ellipsis, several in a row become one, and no quote stays open. */
export const readable = (pattern: string): string =>
  pattern
    .replace(/["']?<\*>["']?/g, '…')
    .replace(/…(?:[\s,.:/-]*…)+/g, '…')
    .replace(/^([^"]*)"([^"]*)$/, '$1$2')
    .replace(/\s+/g, ' ')
    .trim();
