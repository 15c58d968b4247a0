import type { LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../lru-map.ts';
import { createNamedKey } from '../sessions/named-key.ts';
import { createSessions, type SessionFinding, type SessionsState } from '../sessions/sessions.ts';
import { type Tokens, tokensOf } from '../sessions/tokens.ts';
import { createHeartbeats, type HeartbeatFinding, type HeartbeatsState } from './heartbeats.ts';
import { createParameters, type ParameterFinding, type ParametersState } from './parameters.ts';
import { createRarity, type RarityFinding, type RarityState } from './rarity.ts';

/** What one detector found on one line, or by the clock. `why` holds the numbers it stands on. */
export type Finding = {
  service: string;
  template?: { id: string; pattern: string };
  /** The same for findings of one kind about one thing: how often such ones come by is remembered under it. */
  key: string;
  confidence: number;
  score: number;
  /** Epoch milliseconds. */
  at: number;
  /** The line that shows it; empty where there is none. */
  line: string;
  /** Value of the session's id, when it was found by the clock and not on the line in hand. */
  session?: string;
} & (
  | { detector: 'session'; why: SessionFinding }
  | { detector: 'rare-template'; why: RarityFinding }
  | { detector: 'parameter'; why: ParameterFinding }
  | { detector: 'missing-heartbeat'; why: HeartbeatFinding }
);

export interface WatchState {
  sessions: SessionsState;
  rarity: RarityState;
  parameters: ParametersState;
  heartbeats: HeartbeatsState;
}

export interface Watch {
  /** Takes a record with its template, learns from it and says what it or the time it brings shows. */
  add(record: LogRecord): Finding[];
  /** Lets the records' time pass without a record. */
  advance(now: number): Finding[];
  /** The source has ended: what is regular in it is not missed. */
  ended(): void;
  save(): WatchState;
  restore(state: WatchState): void;
}

const NOTHING: Finding[] = [];
const NO_TOKENS: Tokens = { ids: [], numbers: [] };
/** Lines of a template after which, if none belonged to a session, only every fourth is read for ids and numbers. */
const READ_ALL = 1_000;
const READ_EVERY = 4;
const MAX_TEMPLATES = 20_000;

/**
 * The detectors that look at single lines, at what happens to one id and at what no longer comes. They know nothing
 * of any system, learn from the stream alone and hold bounded memory.
 * @param options.key sessions are those of this key (`createNamedKey`), instead of ids found by itself
 */
export function createWatch(options: { key?: string } = {}): Watch {
  const sessions = createSessions(options);
  const named = options.key === undefined ? undefined : createNamedKey(options.key);
  const rarity = createRarity();
  const parameters = createParameters();
  const heartbeats = createHeartbeats();
  const read = new LruMap<string, { lines: number; followed: boolean }>(MAX_TEMPLATES);

  /** Reading a line costs more than all else: frequent ones that are part of no session are sampled. */
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
    add(record) {
      const { id } = record.template!;
      const skip = isSkipped(id) && options.key === undefined;
      const { ids, numbers } = skip ? NO_TOKENS : tokensOf(record);
      const { found: deviating, followed } = sessions.add(record, named ? named(record, ids) : ids);
      if (followed) read.get(id)!.followed = true;
      const rare = rarity.add(record, followed);
      const value = parameters.add(record, numbers);
      const stopped = heartbeats.add(record);
      if (deviating.length === 0 && stopped.length === 0 && !rare && !value) return NOTHING;
      const found = [...deviating.map(ofSession), ...stopped.map(ofHeartbeat)];
      const here = {
        service: record.service,
        template: record.template!,
        at: record.timestamp,
        line: record.line,
      };
      const about = `${record.service}\u0000${record.template!.id}`;
      if (rare)
        found.push({
          ...here,
          detector: 'rare-template',
          key: `rare-template\u0000${about}`,
          confidence: rare.confidence,
          score: rare.score,
          why: rare,
        });
      if (value)
        found.push({
          ...here,
          detector: 'parameter',
          key: `parameter\u0000${about}\u0000${value.place}`,
          confidence: value.confidence,
          score: value.score,
          why: value,
        });
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

function ofSession(why: SessionFinding): Finding {
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

function ofHeartbeat(why: HeartbeatFinding): Finding {
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
