import { endsWord, serviceWords } from './words/words.ts';

/** What a question names: services, words in quotes, statuses, paths, ids, a number of rows. */
export interface Names {
  services: { name: string; start: number; end: number; particle: string }[];
  /** Texts that must occur in a line, as they were written. */
  texts: string[];
  status?: { from: number; to: number };
  path?: string;
  number?: number;
  /** The question with all of them blank. */
  rest: string;
}

const QUOTED =
  /"([^"]{1,200})"|“([^”]{1,200})”|`([^`]{1,200})`|(?<![\p{L}\p{N}])'([^']{2,200})'(?![\p{L}\p{N}])/gu;
const STATUS =
  /(?<![\p{L}\p{N}_.:/-])(?:http\s+|status\s+(?:code\s+)?|상태\s?코드\s?)?([1-5])(xx|\d\d)s?(?=(?![\p{N}\p{L}_.:/-])|[가-힣])/giu;
const PATH =
  /(?<![\p{L}\p{N}_./:-])(?:(?:get|post|put|patch|delete|head|options)\s+)?(\/[^\s"'?,]*[^\s"'?,.가-힣])/giu;
/** A number of rows: before or behind such a word, `top 3`, `5 lines`, `10개`. */
const NUMBER =
  /(?<![\p{L}\p{N}_.:/-])(?:(?<=\b(?:top|last|first|latest|newest|상위|최근|마지막|처음|최신)\s)(\d{1,2})(?:개|줄|건)?|(\d{1,2})\s?(?=lines?\b|slowest\b|busiest\b|most\b|errors?\b|services?\b|endpoints?\b|줄|개의)|(\d{1,2})\s?(?:개|건)(?:만|를|을)?(?![가-힣]))(?![\p{N}:.])/giu;
/** Made by a program: digits and letters, capitals inside, underscores. */
const IDENTIFIER =
  /(?<![\p{L}\p{N}_.-])(?=[A-Za-z0-9_.-]{4,100}(?![A-Za-z0-9_.-]))(?:[A-Z]{2,}_?[A-Z0-9_]*[A-Z0-9]|[A-Za-z]*[a-z][A-Z][A-Za-z]{2,}|[A-Za-z0-9-]*(?:\d[A-Za-z-]|[A-Za-z-]\d)[A-Za-z0-9-]*|\w*[A-Za-z]_[A-Za-z]\w*)(?![A-Za-z0-9_-])/gu;
/** Particles that a Korean writes behind a name, the longest first. */
const BEHIND = /^[가-힣]{0,5}/;
/** A name of fewer characters is not guessed from a mistyped one. */
const GUESSED = 5;

const blank = (text: string, start: number, end: number): string =>
  text.slice(0, start) + ' '.repeat(end - start) + text.slice(end);

/**
 * Finds the names in a question.
 * @param text with single spaces, in its own case
 * @param services the names in the store
 */
export function namesIn(text: string, services: readonly string[]): Names {
  const names: Names = { services: [], texts: [], rest: text };
  const take = (form: RegExp, use: (found: RegExpExecArray) => boolean): void => {
    for (const found of [...names.rest.matchAll(form)])
      if (use(found)) names.rest = blank(names.rest, found.index, found.index + found[0].length);
  };
  take(QUOTED, (found) => names.texts.push(found.slice(1).find(Boolean)!) > 0);
  take(PATH, (found) => {
    names.path ??= found[1]!;
    return names.path === found[1];
  });
  takeServices(names, services);
  take(NUMBER, (found) => {
    names.number ??= Math.max(1, Number(found.slice(1).find(Boolean)));
    return true;
  });
  take(STATUS, (found) => {
    const [first, others] = [Number(found[1]) * 100, found[2]!.toLowerCase()];
    if (names.status) return false;
    names.status =
      others === 'xx'
        ? { from: first, to: first + 100 }
        : { from: first + Number(others), to: first + Number(others) + 1 };
    return true;
  });
  take(IDENTIFIER, (found) => {
    if (/^(?:HTTP|URLS?|APIS?|LOGS?)$/.test(found[0])) return false;
    return names.texts.push(found[0]) > 0;
  });
  return names;
}

/** The longest names first, so that `order-api` is not read as `order`. */
function takeServices(names: Names, services: readonly string[]): void {
  const lower = names.rest.toLowerCase();
  const known = [...new Set(services)].filter(Boolean).sort((a, b) => b.length - a.length);
  const aliases: [string, string][] = known.map((name) => [name.toLowerCase(), name]);
  for (const [word, forms] of serviceWords()) {
    const meant = known.find((name) => forms.includes(name.toLowerCase()));
    if (meant && !known.some((name) => name.startsWith(word))) aliases.push([word, meant]);
  }
  for (const [said, name] of aliases) {
    let at = lower.indexOf(said);
    for (; at >= 0; at = lower.indexOf(said, at + 1)) {
      if (names.rest.slice(at, at + said.length).trim() !== names.rest.slice(at, at + said.length)) continue;
      if (/[\p{L}\p{N}_-]/u.test(lower[at - 1] ?? ' ')) continue;
      const behind = particleAt(lower, at + said.length);
      if (behind === undefined || names.rest[at] === ' ') continue;
      claim(names, { name, start: at, end: at + said.length + behind.length, particle: behind });
    }
  }
}

function claim(names: Names, service: Names['services'][number]): void {
  names.services.push(service);
  names.rest = blank(names.rest, service.start, service.end);
}

/** What ends a name: nothing, a plural, a particle; undefined where the word goes on. */
function particleAt(text: string, at: number): string | undefined {
  const latin = /^(?:'s)?(?![\p{L}\p{N}_-])/u.exec(text.slice(at));
  if (latin) return latin[0];
  const korean = BEHIND.exec(text.slice(at))![0];
  if (korean === '' || /[\p{L}\p{N}_-]/u.test(text[at + korean.length] ?? ' ')) return undefined;
  return endsWord(korean) ? korean : undefined;
}

/**
 * The service that a word means which is none of their names: a part of one name only (`shipping` of `shipping-api`), or one
 * letter away from one.
 */
export function serviceLike(word: string, services: readonly string[]): string | undefined {
  const bare = word.toLowerCase().replace(/[가-힣]+$/, '') || word;
  const holding = services.filter((name) =>
    name
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .includes(bare),
  );
  if (holding.length === 1 && bare.length >= 3) return holding[0];
  if (bare.length < GUESSED) return undefined;
  // `orders` are what is ordered, and no mistyped `order`.
  const near = services.filter(
    (name) => bare !== `${name.toLowerCase()}s` && isNear(bare, name.toLowerCase()),
  );
  return near.length === 1 ? near[0] : undefined;
}

/** One letter more, less or another, or two neighbours exchanged. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const [x, y] = [a.slice(same), b.slice(same)];
  if (x.slice(1) === y.slice(1) || x === y.slice(1) || x.slice(1) === y) return true;
  return x.length > 1 && x[0] === y[1] && x[1] === y[0] && x.slice(2) === y.slice(2);
}
