/** A pattern as people read it: variables become an ellipsis, several in a row one; no quote is opened that nothing ends. */
export const readable = (pattern: string): string =>
  pattern
    .replace(/["']?<\*>["']?/g, '…')
    .replace(/…(?:[\s,.:/-]*…)+/g, '…')
    .replace(/^([^"]*)"([^"]*)$/, '$1$2')
    .replace(/\s+/g, ' ')
    .trim();
