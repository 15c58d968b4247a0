import { continuesTrace, isDated, isOwnEvent, noTrace, noteTrace } from './continuation.ts';
import { MAX_HELD, type NumberedLine } from './lines.ts';

const MAX_LINES = 500;
/** After this many events it is known whether the events of a source begin with a time: at least this fraction must. */
const ENOUGH = 3;
const SHARE = 0.9;

/** Joins lines to events, one line at a time. The caller decides when an open event has waited long enough. */
export interface EventJoiner {
  /** Takes a line; gives the event before it if that is complete now. */
  add(line: NumberedLine): NumberedLine | undefined;
  /** The event that may still get more lines. */
  readonly open: NumberedLine | undefined;
  /** Ends the open event and gives it. */
  flush(): NumberedLine | undefined;
}

/**
 * Joins the lines of a stack trace to the event they belong to. In a source whose events have shown to begin with a
 * time, it joins all lines without one. An event has at most 500 lines or 65,536 characters; what comes after that
 * begins a new event. Blank lines are left out. The number of an event is that of its first line.
 */
export function createEventJoiner(): EventJoiner {
  let open: NumberedLine | undefined;
  let lines = 0;
  let gap = false;
  let trace = noTrace();
  let events = 0;
  let dated = 0;

  const joins = (text: string, hasTime: boolean): boolean => {
    if (!open || hasTime) return false;
    const allDated = dated >= ENOUGH && dated >= events * SHARE;
    if (!continuesTrace(text, trace, gap) && (!allDated || isOwnEvent(text, open.text))) return false;
    if (lines < MAX_LINES && open.text.length + text.length < MAX_HELD) return true;
    // This many lines without a time: the source has changed its form.
    dated = 0;
    events = 0;
    return false;
  };
  return {
    add(line) {
      const { text } = line;
      if (text.trim() === '') {
        gap = true;
        return undefined;
      }
      const hasTime = isDated(text);
      let done: NumberedLine | undefined;
      if (open && joins(text, hasTime)) {
        open = { number: open.number, text: `${open.text}\n${text}` };
        lines += 1;
      } else {
        done = open;
        open = line;
        lines = 1;
        trace = noTrace();
        events += 1;
        if (hasTime) dated += 1;
      }
      gap = false;
      noteTrace(text, trace);
      return done;
    },
    get open() {
      return open;
    },
    flush() {
      const done = open;
      open = undefined;
      return done;
    },
  };
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
  const last = joiner.flush();
  if (last) yield [last];
}
