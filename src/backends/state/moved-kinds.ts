import { KEEP_DAYS } from '../../domain/job/job.ts';
import { DAY, HOUR, MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import type { DocumentStore, StateKind, Stored } from './store.ts';

interface Move {
  from: 'fact' | 'position' | 'model' | 'answer';
  /** How the ids of these documents begin. */
  id: string;
  to: StateKind;
  /** How long a moved document is kept; without it for good. */
  ttlMs?: number;
}

/**
 * Version 0.1 kept several facts under one kind, which were told apart by their ids; now each has a kind of its own. Ids stay. If
 * one beginning is a part of another, the longer one comes first.
 */
const MOVES: readonly Move[] = [
  { from: 'fact', id: 'problem/', to: 'problem', ttlMs: 90 * DAY },
  { from: 'fact', id: 'votes/', to: 'votes' },
  { from: 'fact', id: 'incident-board', to: 'recent-incidents' },
  { from: 'fact', id: 'outbox-trouble', to: 'unreachable-channels' },
  { from: 'fact', id: 'dead-letters', to: 'dead-letters' },
  { from: 'fact', id: 'asked/', to: 'asked', ttlMs: DAY },
  { from: 'fact', id: 'asking/', to: 'asking', ttlMs: MINUTE },
  { from: 'fact', id: 'stop/', to: 'stop-request', ttlMs: MINUTE },
  { from: 'fact', id: 'tuning/running', to: 'training', ttlMs: DAY },
  { from: 'fact', id: 'tuning/', to: 'tuning' },
  { from: 'fact', id: 'system/', to: 'machine-history', ttlMs: 24 * HOUR },
  { from: 'fact', id: 'system-hosts', to: 'machines' },
  { from: 'fact', id: 'gpu-layers/', to: 'gpu-layers', ttlMs: 30 * DAY },
  { from: 'fact', id: 'model-standing/', to: 'model-fault', ttlMs: 7 * DAY },
  { from: 'fact', id: 'demo', to: 'demo' },
  { from: 'position', id: 'schedule/', to: 'schedule' },
  { from: 'position', id: 'job/', to: 'checkpoint', ttlMs: 60 * DAY },
  { from: 'position', id: 'file:', to: 'file-position', ttlMs: 30 * DAY },
  { from: 'position', id: 'path:', to: 'file-position', ttlMs: 30 * DAY },
  { from: 'model', id: 'learned/', to: 'detector', ttlMs: 30 * DAY },
  { from: 'model', id: 'templates', to: 'templates' },
  { from: 'answer', id: 'report/', to: 'analysis', ttlMs: KEEP_DAYS.report * DAY },
  { from: 'answer', id: 'digest-', to: 'digest', ttlMs: KEEP_DAYS.digest * DAY },
];

const SOURCES = ['fact', 'position', 'model', 'answer'] as const;
const PAGE = 1_000;

/**
 * The same store, with its documents under their kinds of today before the first of them is read or written. A store that
 * cannot be reached yet is brought up to date by the first call that reaches it, and until then each call throws what the
 * store throws.
 */
export function withMovedKinds(documents: DocumentStore, log: Log): DocumentStore {
  let moving: Promise<void> | undefined;
  const moved = (): Promise<void> => {
    moving ??= moveKinds(documents, log).catch((error: unknown) => {
      moving = undefined;
      throw error;
    });
    return moving;
  };
  return {
    get: (kind, id) => moved().then(() => documents.get(kind, id)),
    list: (kind, options) => moved().then(() => documents.list(kind, options)),
    count: (kind) => moved().then(() => documents.count(kind)),
    commit: (changes) => moved().then(() => documents.commit(changes)),
    acquire: (lease, owner, ttlMs) => documents.acquire(lease, owner, ttlMs),
    release: (lease, owner) => documents.release(lease, owner),
    health: () => documents.health(),
    [Symbol.asyncDispose]: () => documents[Symbol.asyncDispose](),
  };
}

/**
 * Brings the documents of a store of version 0.1 under their kinds of today; in a newer store it finds nothing to do.
 * Several processes may do it at once: a document that is there already under its new kind is the newer one, and stays.
 * Throws AppError of the store.
 */
async function moveKinds(documents: DocumentStore, log: Log): Promise<void> {
  let moved = 0;
  for (const kind of SOURCES)
    for (;;) {
      // From the end: cached answers, which are not moved, have ids that come before all others.
      const page = await documents.list(kind, { limit: PAGE, descending: true });
      const found = page.flatMap((stored) => {
        const move = MOVES.find(({ from, id }) => from === kind && stored.id.startsWith(id));
        return move ? [{ stored, move }] : [];
      });
      if (found.length === 0) break;
      for (const { stored, move } of found) await moveOne(documents, stored, move);
      moved += found.length;
    }
  if (moved > 0) log.info({ documents: moved }, 'documents of an earlier version have their kinds of today');
}

async function moveOne(documents: DocumentStore, stored: Stored<unknown>, move: Move): Promise<void> {
  const { id, value, rank } = stored;
  const ttl = move.ttlMs === undefined ? {} : { ttlMs: move.ttlMs };
  const gone = [{ kind: move.from, id }];
  const result = await documents.commit({
    put: [{ kind: move.to, id, value, rank, ifVersion: 0, ...ttl }],
    delete: gone,
  });
  if (result !== 'done') await documents.commit({ delete: gone });
}
