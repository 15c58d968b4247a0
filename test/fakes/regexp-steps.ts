/** Matches from a place on and calls `next` with where it ended; false where neither way leads on. */
type Matcher = (at: number, next: (end: number) => boolean) => boolean;

/** Characters a look-behind of the project's expressions looks back at most. */
const LOOK_BACK = 8;

/**
 * Counts the steps that a backtracking engine takes to search a text: how an expression's work grows, without a clock.
 * Understands the syntax that the project's expressions are written in, flags `i`, `m` and `g`.
 */
export function stepsOf(pattern: RegExp, text: string): number {
  const search = new Search(pattern, text);
  for (let at = 0; at <= text.length; at += 1) if (search.matchesAt(at)) break;
  return search.steps;
}

class Search {
  steps = 0;
  readonly #text: string;
  readonly #source: string;
  readonly #flags: string;
  readonly #groups: (string | undefined)[] = [];
  readonly #matcher: Matcher;
  /** Matchers of one character: they are repeated without recursion, since texts are long. */
  readonly #single = new Map<Matcher, (at: number) => boolean>();
  /** Where the parser stands in the source. */
  #at = 0;
  #opened = 0;

  constructor(pattern: RegExp, text: string) {
    this.#text = text;
    this.#source = pattern.source;
    this.#flags = pattern.flags.replace('g', '');
    this.#matcher = this.#alternatives();
    if (this.#at < this.#source.length) throw new Error(`cannot read ${this.#source} from ${this.#at} on`);
  }

  matchesAt(at: number): boolean {
    return this.#matcher(at, () => true);
  }

  #alternatives(): Matcher {
    const branches = [this.#sequence()];
    while (this.#take('|')) branches.push(this.#sequence());
    return (at, next) => branches.some((branch) => branch(at, next));
  }

  #sequence(): Matcher {
    const parts: Matcher[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) {
      const atom = this.#atom();
      parts.push(this.#quantified(atom));
    }
    return parts.reduceRight<Matcher>(
      (rest, part) => (at, next) => part(at, (end) => rest(end, next)),
      (at, next) => next(at),
    );
  }

  #quantified(atom: Matcher): Matcher {
    const found = /^(?:[*+?]|\{(\d+)(,)?(\d*)\})(\?)?/.exec(this.#source.slice(this.#at));
    if (!found) return atom;
    this.#at += found[0].length;
    const [all, least, comma, most, lazy] = found;
    const min = least ? Number(least) : all[0] === '+' ? 1 : 0;
    const max = most ? Number(most) : least && !comma ? min : all[0] === '?' ? 1 : Number.POSITIVE_INFINITY;
    const fits = this.#single.get(atom);
    if (fits && !lazy)
      return (at, next) => {
        let end = at;
        while (end - at < max && fits(end)) end += 1;
        for (; end - at >= min; end -= 1) {
          this.steps += 1;
          if (next(end)) return true;
        }
        return false;
      };
    const run = (at: number, count: number, next: (end: number) => boolean): boolean => {
      const more = (): boolean =>
        count < max && atom(at, (end) => (end > at || count < min) && run(end, count + 1, next));
      const leave = (): boolean => count >= min && next(at);
      return lazy ? leave() || more() : more() || leave();
    };
    return (at, next) => run(at, 0, next);
  }

  #atom(): Matcher {
    for (const [opening, make] of Object.entries({
      '(?:': (inner: Matcher) => inner,
      '(?=': (inner: Matcher) => this.#look((at) => inner(at, () => true), true),
      '(?!': (inner: Matcher) => this.#look((at) => inner(at, () => true), false),
      '(?<=': (inner: Matcher) => this.#look((at) => this.#endsAt(inner, at), true),
      '(?<!': (inner: Matcher) => this.#look((at) => this.#endsAt(inner, at), false),
    }))
      if (this.#take(opening)) return make(this.#closed());
    if (this.#take('(')) return this.#group();
    if (this.#take('^'))
      return this.#look((at) => at === 0 || (this.#flags.includes('m') && this.#text[at - 1] === '\n'), true);
    if (this.#take('$')) return this.#look((at) => at === this.#text.length, true);
    if (this.#take('\\b')) return this.#look((at) => this.#isBorder(at), true);
    const back = /^\\([1-9])/.exec(this.#source.slice(this.#at));
    if (back) {
      this.#at += 2;
      return (at, next) => {
        const said = this.#groups[Number(back[1])] ?? '';
        return this.#text.startsWith(said, at) && next(at + said.length);
      };
    }
    return this.#character();
  }

  /** One character: a class, an escape or itself. */
  #character(): Matcher {
    const [one] = /^(?:\[(?:\\.|[^\]\\])*\]|\\u[0-9a-f]{4}|\\.|.)/is.exec(this.#source.slice(this.#at))!;
    this.#at += one.length;
    const pattern = new RegExp(`^${one}$`, this.#flags.replace('m', ''));
    const fits = (at: number): boolean => {
      this.steps += 1;
      return at < this.#text.length && pattern.test(this.#text[at]!);
    };
    const matcher: Matcher = (at, next) => fits(at) && next(at + 1);
    this.#single.set(matcher, fits);
    return matcher;
  }

  #group(): Matcher {
    this.#opened += 1;
    const number = this.#opened;
    const inner = this.#closed();
    return (at, next) =>
      inner(at, (end) => {
        this.#groups[number] = this.#text.slice(at, end);
        return next(end);
      });
  }

  #closed(): Matcher {
    const inner = this.#alternatives();
    if (!this.#take(')')) throw new Error(`no end of a group in ${this.#source}`);
    return inner;
  }

  #look(holds: (at: number) => boolean, wanted: boolean): Matcher {
    return (at, next) => {
      this.steps += 1;
      return holds(at) === wanted && next(at);
    };
  }

  #endsAt(inner: Matcher, at: number): boolean {
    for (let from = at; from >= Math.max(0, at - LOOK_BACK); from -= 1)
      if (inner(from, (end) => end === at)) return true;
    return false;
  }

  #isBorder(at: number): boolean {
    const isWord = (index: number): boolean => /\w/.test(this.#text[index] ?? ' ');
    return isWord(at - 1) !== isWord(at);
  }

  #take(what: string): boolean {
    if (!this.#source.startsWith(what, this.#at)) return false;
    this.#at += what.length;
    return true;
  }
}
