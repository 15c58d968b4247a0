/**
 * The first characters of a value's JSON. What comes after them is never visited: a line may nest its objects so deep that
 * `JSON.stringify`, which is recursive, overflows the stack.
 * @param value what `JSON.parse` gave
 * @param limit UTF-16 units at most; also how deep this can go, so a few thousand
 */
export function shortJson(value: unknown, limit: number): string {
  let out = '';
  const write = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) {
      const scalar = typeof one === 'string' ? one.slice(0, limit) : one;
      out += JSON.stringify(scalar) ?? 'null';
      return;
    }
    const list = Array.isArray(one);
    out += list ? '[' : '{';
    let first = true;
    for (const key in one) {
      if (out.length >= limit) return;
      if (!first) out += ',';
      first = false;
      if (!list) out += `${JSON.stringify(key.slice(0, limit))}:`;
      write((one as Record<string, unknown>)[key]);
    }
    out += list ? ']' : '}';
  };
  write(value);
  return out.slice(0, limit);
}
