import { mayContinue, unwrapUnless, type Wrapped } from '../../normalize/formats/wrappers.ts';
import { type Block, blockOf, continuesBlock } from './blocks.ts';
import {
  clearTrace,
  continuesTrace,
  isDated,
  isFrame,
  isOwnEvent,
  mayBeFrame,
  namesError,
  noTrace,
  noteTrace,
  type StackTrace,
} from './continuation.ts';
import { MAX_HELD, type NumberedLine } from './lines.ts';

const MAX_LINES = 500;
/** After this many events it is known whether the events of a source begin with a time: at least this fraction must. */
const ENOUGH = 3;
const SHARE = 0.9;
/** Traces that wait while lines of other streams come between their lines, and the lines for which they wait. */
const MAX_WAITING = 16;
const PATIENCE = 40;

/** Joins lines to events, one line at a time. The caller decides when an open event has waited long enough. */
export interface EventJoiner {
  /** Takes a line; gives an event that is complete now, if there is one. */
  add(line: NumberedLine): NumberedLine | undefined;
  /** The first event that may still get more lines, or was not given yet. */
  readonly open: NumberedLine | undefined;
  /** Ends the first event that is open and gives it; to be called until there is none. */
  flush(): NumberedLine | undefined;
}

/** An event that may get more lines. */
interface OpenEvent {
  number: number;
  text: string;
  /** The first line: with no other it is the event. */
  first: NumberedLine;
  stream: string;
  /** What the program printed of its last line. */
  last: string;
  /** Each of its lines is an object of its own. */
  object: boolean;
  lines: number;
  gap: boolean;
  /** The last line is to be continued by the next one. */
  partial: boolean;
  trace: StackTrace;
  block: Block | undefined;
  /** The number of lines that had been read when its last line came. */
  at: number;
}

/** The stream of lines that nothing wraps, or whose wrapper tells no streams apart. */
const PLAIN = '';

/** Objects with a level are whole events, whatever their messages look like. */
const HAS_LEVEL = /"(?:log\.)?(?:level|severity|lvl|levelname|@l)":/i;

/** A whole object: its logger has put the trace into it, and what follows is another's. */
const isObject = (text: string): boolean =>
  text.charCodeAt(0) === 123 && text.length > 2 && text.trimEnd().endsWith('}');

/**
 * What is around a line. A time alone is a wrapper only before a line of a trace, since most programs write times themselves,
 * and so is an object that may be a whole event of its own.
 * @param open whether an open event has a trace
 */
function wrapperOf(text: string, open: boolean): Wrapped | undefined {
  if (text.charCodeAt(0) === 123 && !open && !mayContinue(text)) return undefined;
  const wrapped = unwrapUnless(text, mayBeFrame);
  if (!wrapped || wrapped.kind === 'output' || wrapped.kind === 'name') return wrapped;
  if (wrapped.kind === 'time') return isFrame(wrapped.inner) ? wrapped : undefined;
  return wrapped.kind === 'program' || wrapped.key === 'log' || open || isFrame(wrapped.inner)
    ? wrapped
    : undefined;
}

/**
 * Joins the lines of a stack trace to the event they belong to, also where each of them has a wrapper of its own and lines of
 * others come between. In a source whose events have shown to begin with a time, it joins all lines without one. An event has
 * at most 500 lines or 65,536 characters; what comes after that begins a new event. Blank lines are left out. The number of
 * an event is that of its first line.
 */
export const createEventJoiner = (): EventJoiner => new Joiner();

class Joiner implements EventJoiner {
  #current: OpenEvent | undefined;
  /** Traces of other streams, the oldest first. */
  readonly #waiting: OpenEvent[] = [];
  /** Complete events that were not given yet. */
  readonly #ready: OpenEvent[] = [];
  #read = 0;
  #events = 0;
  #dated = 0;

  add(line: NumberedLine): NumberedLine | undefined {
    const { text } = line;
    this.#read += 1;
    const wrapped = wrapperOf(text, this.#current?.trace.begun ?? false);
    const inner = wrapped ? wrapped.inner : text;
    const isTime = wrapped?.kind === 'time';
    if (!isTime) this.#turnTo(wrapped?.stream ?? PLAIN);
    // An object says more than its message.
    if (inner.trim() === '' && (!wrapped?.key || wrapped.key === 'log')) {
      if (this.#current) this.#current.gap = true;
      return this.#next();
    }
    const hasTime = !isTime && isDated(inner);
    let current = this.#current;
    let done: NumberedLine | undefined;
    if (current && this.#joins(current, text, inner, hasTime)) {
      current.text = `${current.text}\n${text}`;
      current.lines += 1;
    } else {
      // Most events are whole with the next line, and none waits before them: their object is used again.
      if (current && this.#ready.length === 0) done = whole(current);
      else {
        if (current) this.#ready.push(current);
        current = undefined;
      }
      current = opened(current, line, inner, wrapped);
      this.#current = current;
      this.#events += 1;
      if (hasTime) this.#dated += 1;
    }
    current.gap = false;
    current.last = inner;
    current.partial = wrapped?.partial ?? false;
    current.at = this.#read;
    // What an object says about a trace is whole in it.
    if (inner.charCodeAt(0) !== 123) noteTrace(inner, current.trace);
    const waiting = this.#waiting;
    while (waiting.length > 0 && this.#read - waiting[0]!.at > PATIENCE) this.#ready.push(waiting.shift()!);
    return done ?? this.#next();
  }

  get open(): NumberedLine | undefined {
    let first: NumberedLine | undefined = this.#current;
    for (const events of [this.#waiting, this.#ready])
      for (const event of events) if (!first || event.number < first.number) first = event;
    return first;
  }

  flush(): NumberedLine | undefined {
    this.#ready.push(...this.#waiting.splice(0));
    if (this.#current) this.#ready.push(this.#current);
    this.#current = undefined;
    return this.#next();
  }

  #next(): NumberedLine | undefined {
    return this.#ready.length === 0 ? undefined : whole(this.#ready.shift()!);
  }

  #joins(open: OpenEvent, text: string, inner: string, hasTime: boolean): boolean {
    if (open.partial) return this.#fits(open, text);
    if (hasTime || (open.lines === 1 && isObject(open.last))) return false;
    const block = open.block && continuesBlock(open.block, inner, open.lines, open.gap);
    if (block !== undefined) return block && this.#fits(open, text);
    const allDated = this.#dated >= ENOUGH && this.#dated >= this.#events * SHARE;
    if (continuesTrace(inner, open.trace, open.gap)) {
      if (open.object && HAS_LEVEL.test(text)) return false;
    } else if (!allDated || isOwnEvent(inner, open.text)) return false;
    return this.#fits(open, text);
  }

  #fits(open: OpenEvent, text: string): boolean {
    if (open.lines < MAX_LINES && open.text.length + text.length < MAX_HELD) return true;
    // This many lines without a time: the source has changed its form.
    this.#dated = 0;
    this.#events = 0;
    return false;
  }

  /** The open event of a stream becomes the current one. */
  #turnTo(stream: string): void {
    const left = this.#current;
    if (!left || left.stream === stream) return;
    const index = this.#waiting.findIndex((event) => event.stream === stream);
    this.#current = index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
    // A trace waits for the rest of its lines, anything else is complete.
    const waits = left.trace.begun || left.partial || namesError(left.last);
    if (left.stream === PLAIN || !waits) this.#ready.push(left);
    else this.#waiting.push(left);
    if (this.#waiting.length > MAX_WAITING) this.#ready.push(this.#waiting.shift()!);
  }
}

const whole = ({ first, lines, number, text }: OpenEvent): NumberedLine =>
  lines === 1 ? first : { number, text };

/** The event that begins with a line, in `used` if there is an object that can be used again. */
function opened(
  used: OpenEvent | undefined,
  line: NumberedLine,
  inner: string,
  wrapped: Wrapped | undefined,
): OpenEvent {
  const { number, text } = line;
  const stream = wrapped?.stream ?? PLAIN;
  const object = wrapped?.kind === 'object';
  const block = blockOf(inner);
  if (!used)
    return {
      ...{ number, text, first: line, stream, last: inner, object, block },
      ...{ lines: 1, gap: false, partial: false, trace: noTrace(), at: 0 },
    };
  used.number = number;
  used.text = text;
  used.first = line;
  used.stream = stream;
  used.last = inner;
  used.object = object;
  used.lines = 1;
  used.gap = false;
  used.partial = false;
  clearTrace(used.trace);
  used.block = block;
  used.at = 0;
  return used;
}

/** Joins the lines of batches, also over the end of a batch, as `createEventJoiner` says. */
export async function* joinEvents(batches: AsyncIterable<NumberedLine[]>): AsyncGenerator<NumberedLine[]> {
  const joiner = createEventJoiner();
  for await (const batch of batches) {
    const done: NumberedLine[] = [];
    for (const line of batch) {
      const event = joiner.add(line);
      if (event) done.push(event);
    }
    if (done.length > 0) yield done;
  }
  const last: NumberedLine[] = [];
  for (let event = joiner.flush(); event; event = joiner.flush()) last.push(event);
  if (last.length > 0) yield last;
}
