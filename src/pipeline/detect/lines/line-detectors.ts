import { isError, type LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { createNamedKey } from '../sessions/named-key.ts';
import { type SessionFinding, Sessions, type SessionsState } from '../sessions/sessions.ts';
import { readTokens, type Tokens } from '../sessions/tokens.ts';
import { type HeartbeatFinding, Heartbeats, type HeartbeatsState } from './heartbeats.ts';
import { type ParameterFinding, Parameters, type ParametersState } from './parameters.ts';
import { Rarity, type RarityFinding, type RarityState } from './rarity.ts';

/** What one detector found on one line, or by the clock. `why` holds the numbers it is based on. Findings are stored. */
export type LineFinding = {
  service: string;
  template?: { id: string; pattern: string };
  /** The same for findings of one kind about one thing: how often those come is remembered under it. */
  key: string;
  confidence: number;
  score: number;
  /** Epoch milliseconds. */
  at: number;
  /** Of the first line that shows it, if that was earlier. */
  from?: number;
  /** The line that shows it; empty where there is none. */
  line: string;
  /** The session's id, when the clock found it and not the current line. */
  session?: string;
} & (
  | { detector: 'session'; why: SessionFinding }
  | { detector: 'rare-template'; why: RarityFinding }
  | { detector: 'parameter'; why: ParameterFinding }
  | { detector: 'missing-heartbeat'; why: HeartbeatFinding }
);

export interface LineDetectorsState {
  sessions: SessionsState;
  rarity: RarityState;
  parameters: ParametersState;
  heartbeats: HeartbeatsState;
}

export interface LineDetectors {
  /**
   * Takes a record with its template and learns from it; gives what the record, or the time it brings, shows.
   * @param fails it tells of a failure: that such a line stops coming is nothing to tell
   */
  add(record: LogRecord, fails?: boolean): LineFinding[];
  /** Lets the records' time pass without a record. */
  advance(now: number): LineFinding[];
  /** The source has ended: its regular lines are not missed. */
  ended(): void;
  save(): LineDetectorsState;
  restore(state: LineDetectorsState): void;
}

const NOTHING: LineFinding[] = [];
const NO_TOKENS: Tokens = { ids: [], numbers: [], measured: 0 };
/** After this many lines of a template without a session, only every fourth line is read for ids and numbers. */
const READ_ALL = 1_000;
const READ_EVERY = 4;
const MAX_TEMPLATES = 20_000;

/**
 * The detectors for single lines, for the history of one id, and for lines that no longer come. They know no system by name,
 * learn from the stream alone and use bounded memory.
 * @param options.key sessions are those of this key (`createNamedKey`), instead of ids that are found automatically
 */
export function createLineDetectors(options: { key?: string } = {}): LineDetectors {
  const sessions = new Sessions(options);
  const namedKey = options.key === undefined ? undefined : createNamedKey(options.key);
  const rarity = new Rarity();
  const parameters = new Parameters();
  const heartbeats = new Heartbeats();
  const read = new LruMap<string, { lines: number; followed: boolean }>(MAX_TEMPLATES);

  /** Reading a line for ids costs more than all else: of frequent lines that are in no session only some are read. */
  function isSkipped(template: string): boolean {
    let known = read.get(template);
    if (!known) {
      known = { lines: 0, followed: false };
      read.set(template, known);
    }
    known.lines += 1;
    return known.lines > READ_ALL && known.lines % READ_EVERY !== 0 && !known.followed;
  }

  return {
    add(record, fails = isError(record.level)) {
      const { id } = record.template!;
      const skip = isSkipped(id) && options.key === undefined;
      const { ids, numbers, measured, named } = skip ? NO_TOKENS : readTokens(record);
      const { found: deviating, followed } = sessions.add(record, namedKey ? namedKey(record, ids) : ids);
      if (followed) read.get(id)!.followed = true;
      const rare = rarity.add(record, followed);
      const value = parameters.add(record, numbers, measured, named);
      const stopped = heartbeats.add(record, fails);
      if (deviating.length === 0 && stopped.length === 0 && !rare && !value) return NOTHING;
      const found = [...deviating.map(ofSession), ...stopped.map(ofHeartbeat)];
      if (rare) found.push(ofRarity(record, rare));
      if (value) found.push(ofParameter(record, value));
      return found;
    },
    advance: (now) => [...sessions.advance(now).map(ofSession), ...heartbeats.advance(now).map(ofHeartbeat)],
    ended: () => heartbeats.disarm(),
    save: () => ({
      sessions: sessions.save(),
      rarity: rarity.save(),
      parameters: parameters.save(),
      heartbeats: heartbeats.save(),
    }),
    restore(state) {
      sessions.restore(state.sessions);
      rarity.restore(state.rarity);
      parameters.restore(state.parameters);
      heartbeats.restore(state.heartbeats);
    },
  };
}

function ofSession(why: SessionFinding): LineFinding {
  const { deviation, templates } = why;
  const template = deviation.kind === 'missing' ? (why.after ?? templates[0]!) : templates[0]!;
  const [first] = templates;
  return {
    detector: 'session',
    service: why.service,
    template,
    key: ['session', why.kind, deviation.kind, template.id, first!.id].join('\u0000'),
    confidence: deviation.confidence,
    score: Number((-Math.log10(1 - deviation.confidence)).toFixed(3)),
    at: why.at,
    line: why.line,
    ...(why.late ? { session: why.session } : {}),
    why,
  };
}

function ofHeartbeat(why: HeartbeatFinding): LineFinding {
  return {
    detector: 'missing-heartbeat',
    service: why.service,
    ...(why.template ? { template: why.template } : {}),
    key: ['missing-heartbeat', why.service, why.template?.id ?? ''].join('\u0000'),
    confidence: why.confidence,
    score: Number(((why.at - why.last) / Math.max(1, why.period)).toFixed(2)),
    at: why.at,
    line: '',
    why,
  };
}

function ofRarity(record: LogRecord, why: RarityFinding): LineFinding {
  return {
    ...aboutLine(record),
    detector: 'rare-template',
    key: ['rare-template', record.service, record.template!.id].join('\u0000'),
    confidence: why.confidence,
    score: why.score,
    why,
  };
}

function ofParameter(record: LogRecord, why: ParameterFinding): LineFinding {
  return {
    ...aboutLine(record),
    detector: 'parameter',
    from: why.from,
    key: ['parameter', record.service, record.template!.id, why.place].join('\u0000'),
    confidence: why.confidence,
    score: why.score,
    why,
  };
}

const aboutLine = (record: LogRecord) => ({
  service: record.service,
  template: record.template!,
  at: record.timestamp,
  line: record.line,
});
