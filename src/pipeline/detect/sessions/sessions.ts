import { cutText, type LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import {
  type Deviation,
  packSession,
  type SavedSession,
  type Session,
  type ShapeState,
  unpackSession,
} from './session.ts';
import { AGES } from './session-ages.ts';
import { SessionKeys, type SessionKeysState } from './session-keys.ts';
import { SessionShape } from './session-shape.ts';
import type { Identifier } from './tokens.ts';

/** Sessions remembered of one kind; kinds that have sessions at the same time. */
const MAX_SESSIONS = 20_000;
const MAX_KINDS = 6;
/** A clock this far behind the newest record belongs to another source: open sessions cannot be judged by it. */
const BACKWARDS_MS = MINUTE;
const MAX_SAMPLE = 1_000;
/** Sessions that wait for an age at the same time. */
const MAX_OPEN = 40_000;
const LAST = AGES.length - 1;
/** From this confidence on a session is reported once and then left alone. */
const REPORTED = 0.6;

/** A session that differs from the others of its kind. Its fields are stored. */
export interface SessionFinding {
  kind: string;
  session: string;
  service: string;
  /** What the deviation is about, and what came before it. */
  templates: { id: string; pattern: string }[];
  after?: { id: string; pattern: string };
  deviation: Deviation;
  /** The session's line that shows it, or its last line. */
  line: string;
  /** Found by the clock, and not by the current record. */
  late: boolean;
  at: number;
}

export interface SessionsState {
  keys: SessionKeysState;
  families: { name: string; shape: ShapeState; clock: number; sessions: SavedSession[] }[];
}

/** One kind of id with its sessions. */
interface Family {
  name: string;
  shape: SessionShape;
  live: LruMap<string, Session>;
  /** Sessions in order of birth, and for each age how many of them have reached it. */
  births: Session[];
  reached: number[];
  clock: number;
  /** Ids whose sessions began before the family was there. */
  known: ReadonlyMap<string, unknown>;
}

const KINDS = ['missing', 'count', 'extra'] as const;
const NOTHING: SessionFinding[] = [];

/**
 * Follows what happens to one thing (a block, a request, an order, a trace) over the lines that name its id. It finds out
 * by itself which ids those are. A session is compared with the earlier ones of its kind at fixed ages, so that an end
 * that never comes is noticed. After the last age, a further line begins a new phase.
 */
export class Sessions {
  readonly #families = new Map<string, Family>();
  readonly #keys: SessionKeys;

  /** @param options.key follows only ids of this kind */
  constructor(options: { key?: string } = {}) {
    this.#keys = new SessionKeys({
      only: options.key,
      onRejected: (kind) => this.#families.delete(kind),
    });
  }

  /** Takes a record with its template; gives what became certain with it, and whether it belongs to a session. */
  add(record: LogRecord, ids: readonly Identifier[]): { found: SessionFinding[]; followed: boolean } {
    let found = NOTHING;
    let followed = false;
    for (const { kind, value } of ids) {
      const family = this.#families.get(kind);
      const decision = this.#keys.see(kind, value, record.template!.id, (one) => !family?.live.has(one));
      if (!decision.accepted) continue;
      const own = family ?? this.#familyFor(kind);
      if (!own) continue;
      if (decision.first) own.known = decision.known ?? own.known;
      if (found === NOTHING) found = [];
      followed = true;
      addLine(own, value, record, found);
    }
    return { found, followed };
  }

  /** Lets time pass: sessions that have reached an age are compared. */
  advance(now: number): SessionFinding[] {
    const found: SessionFinding[] = [];
    for (const family of this.#families.values()) if (now > family.clock) moveClock(family, now, found);
    return found;
  }

  /** Kinds of ids that are followed now. */
  get kinds(): string[] {
    return [...this.#families.keys()];
  }

  save(): SessionsState {
    return {
      keys: this.#keys.save(),
      families: [...this.#families.values()].map(({ name, shape, clock, live, births, reached }) => {
        const open = new Set(births.slice(reached[LAST]));
        return {
          name,
          shape: shape.save(),
          clock,
          sessions: [...live.values()].map((one) => packSession(one, open)),
        };
      }),
    };
  }

  restore(state: SessionsState): void {
    this.#keys.restore(state.keys);
    for (const { name, shape, clock, sessions } of state.families) {
      const family = this.#familyFor(name);
      if (!family) continue;
      family.shape.restore(shape);
      family.clock = clock;
      for (const packed of sessions) {
        const session = unpackSession(packed);
        family.live.set(session.value, session);
        if (packed.o) family.births.push(session);
      }
      family.births.sort((a, b) => a.born - b.born);
      family.reached = AGES.map((_, age) => family.births.filter((one) => one.age > age).length);
    }
  }

  /** The family of a kind of id; undefined when there are too many kinds. */
  #familyFor(name: string): Family | undefined {
    let family = this.#families.get(name);
    if (!family) {
      if (this.#families.size >= MAX_KINDS) return undefined;
      family = {
        name,
        shape: new SessionShape(),
        live: new LruMap<string, Session>(MAX_SESSIONS),
        births: [],
        reached: AGES.map(() => 0),
        clock: 0,
        known: new Map(),
      };
      this.#families.set(name, family);
    }
    return family;
  }
}

/** Adds a line to the session of an id. */
function addLine(family: Family, value: string, record: LogRecord, found: SessionFinding[]): void {
  moveClock(family, record.timestamp, found);
  let session = family.live.get(value);
  if (!session) session = begin(family, value, record);
  else {
    family.live.touch(value);
    if (session.age >= AGES.length) beginPhase(family, session, record.timestamp);
  }
  session.last = record.timestamp;
  session.service = record.service;
  session.line = record.line.length > MAX_SAMPLE ? cutText(record.line, MAX_SAMPLE) : record.line;
  const template = family.shape.indexOf(record.template!);
  if (template < 0) return;
  const at = session.seen.indexOf(template);
  if (at >= 0) {
    session.counts[at]! += 1;
    return;
  }
  session.seen.push(template);
  session.counts.push(1);
  if (session.partial || session.past?.includes(template)) return;
  const deviation = family.shape.addFirst(template, record.level, session);
  // Reported once for one session, unless it becomes clearer.
  if (!deviation || deviation.confidence <= (session.odd.extra ?? 0)) return;
  found.push(findingOf(family, session, deviation, false));
}

function begin(family: Family, value: string, record: LogRecord): Session {
  const session: Session = {
    value,
    born: record.timestamp,
    last: record.timestamp,
    age: 0,
    partial: family.known.has(value),
    told: false,
    lacking: false,
    odd: {},
    seen: [],
    counts: [],
    earlier: 1,
    rarest: -1,
    service: record.service,
    line: '',
  };
  if (!session.partial) family.shape.began();
  family.live.set(value, session);
  family.births.push(session);
  return session;
}

/** After all ages: the same id comes again, hours later (it is deleted, or paid). */
function beginPhase(family: Family, session: Session, at: number): void {
  session.born = at;
  session.age = 0;
  session.past = [...new Set([...(session.past ?? []), ...session.seen])];
  session.seen = [];
  session.counts = [];
  session.earlier = 1;
  family.births.push(session);
}

/** Moves the family's clock on, and compares every session with the others at every age it has newly reached. */
function moveClock(family: Family, now: number, found: SessionFinding[]): void {
  const { births, reached } = family;
  if (now < family.clock - BACKWARDS_MS) {
    // Another source, of another time: open sessions would look overdue to its clock, or to the former one.
    for (let i = reached[LAST]!; i < births.length; i++) births[i]!.age = AGES.length;
    births.length = 0;
    reached.fill(0);
    family.clock = now;
    return;
  }
  if (now <= family.clock) return;
  family.clock = now;
  for (let age = 0; age < AGES.length; age++) {
    const due = now - AGES[age]!;
    let next = reached[age]!;
    for (; next < births.length && births[next]!.born <= due; next++)
      judge(family, births[next]!, age, found);
    reached[age] = next;
  }
  // Too many are waiting: the oldest are let go without a judgement.
  while (births.length - reached[LAST]! > MAX_OPEN) {
    const oldest = births[reached[LAST]!]!;
    oldest.age = AGES.length;
    for (let age = 0; age < AGES.length; age++) reached[age] = Math.max(reached[age]!, reached[LAST]! + 1);
  }
  const done = reached[LAST]!;
  if (done < 1_024 || done * 2 < births.length) return;
  births.splice(0, done);
  for (let age = 0; age < AGES.length; age++) reached[age]! -= done;
}

/** Compares a session that has reached an age with the others. */
function judge(family: Family, session: Session, age: number, found: SessionFinding[]): void {
  session.age = age + 1;
  if (session.partial) return;
  const deviation = family.shape.reached(age, session, family.clock);
  session.earlier = session.seen.length;
  const lacks = deviation && (deviation.kind === 'missing' || deviation.count! < deviation.usual!);
  // What is missing may be late, and a slow hour makes many late: it must still be missing at the next age.
  const lackedBefore = session.lacking;
  session.lacking = lacks === true;
  if (!deviation || session.told || (lacks && !lackedBefore)) return;
  const finding = findingOf(family, session, deviation, true);
  session.told = finding.deviation.confidence >= REPORTED;
  found.push(finding);
}

function findingOf(family: Family, session: Session, raw: Deviation, late: boolean): SessionFinding {
  // Deviations of different kinds add to each other by half: they may have one harmless reason.
  let doubt = 1 - raw.confidence;
  for (const kind of KINDS) if (kind !== raw.kind) doubt *= 1 - (session.odd[kind] ?? 0) / 2;
  session.odd[raw.kind] = Math.max(session.odd[raw.kind] ?? 0, raw.confidence);
  const deviation = { ...raw, confidence: 1 - doubt };
  return {
    kind: family.name,
    session: session.value,
    service: session.service,
    templates: deviation.templates.map((template) => family.shape.templateOf(template)),
    ...(deviation.after === undefined ? {} : { after: family.shape.templateOf(deviation.after) }),
    deviation,
    line: session.line,
    late,
    at: late ? family.clock : session.last,
  };
}
