/** The pieces between the stars of globs that were used before, in order. */
const globs = new Map<string, RegExp[]>();
const GLOBS_KEPT = 1_000;

function piecesOf(glob: string): RegExp[] {
  const pieces = glob
    .split(/\*+/)
    .map((piece) => piece.replace(/[\\^$.+()[\]{}|/]/g, '\\$&').replaceAll('?', '[^]'));
  return pieces.map((source, index) => {
    const begin = index === 0 ? '^' : '';
    const end = index === pieces.length - 1 ? '$' : '';
    return new RegExp(begin + source + end, 'giu');
  });
}

/**
 * Whether a whole text matches a glob: `*` is any text, `?` one character, and case does not matter. Each piece is matched at the
 * first place where it occurs and never searched again. One regular expression for all pieces would try every place of each piece
 * with every place of the others.
 */
export function fitsGlob(glob: string, text: string): boolean {
  let pieces = globs.get(glob);
  if (!pieces) {
    pieces = piecesOf(glob);
    if (globs.size >= GLOBS_KEPT) globs.clear();
    globs.set(glob, pieces);
  }
  let at = 0;
  return pieces.every((piece) => {
    piece.lastIndex = at;
    const fits = piece.test(text);
    at = piece.lastIndex;
    return fits;
  });
}
