// Times as logs write them; always UTC.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** Three digits behind the milliseconds that a finer clock would show; the same for the same moment. */
const finer = (at: number): string => String((at * 7919) % 1000).padStart(3, '0');

const PARTS: Record<string, (of: Date) => string> = {
  Y: (of) => String(of.getUTCFullYear()),
  y: (of) => String(of.getUTCFullYear()).slice(2),
  m: (of) => two(of.getUTCMonth() + 1),
  n: (of) => String(of.getUTCMonth() + 1),
  b: (of) => MONTHS[of.getUTCMonth()]!,
  d: (of) => two(of.getUTCDate()),
  D: (of) => String(of.getUTCDate()),
  e: (of) => String(of.getUTCDate()).padStart(2, ' '),
  H: (of) => two(of.getUTCHours()),
  I: (of) => String(of.getUTCHours() % 12 || 12),
  p: (of) => (of.getUTCHours() < 12 ? 'AM' : 'PM'),
  M: (of) => two(of.getUTCMinutes()),
  S: (of) => two(of.getUTCSeconds()),
  L: (of) => String(of.getUTCMilliseconds()).padStart(3, '0'),
  f: (of) => String(of.getUTCMilliseconds()).padStart(3, '0') + finer(of.getTime()),
};

/** `%Y-%m-%d %H:%M:%S` and so on; `%L` milliseconds, `%f` microseconds, `%e` a padded and `%D` a bare day. */
export function stamp(at: number, form: string): string {
  const of = new Date(at);
  return form.replace(/%([A-Za-z])/g, (whole, part: string) => PARTS[part]?.(of) ?? whole);
}

/** `2026-11-24T06:00:01.123Z` */
export const iso = (at: number): string => new Date(at).toISOString();
