import type { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { healthOf, type Phrase, phrasesOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { STATE_KINDS, UPGRADES } from './kinds/kinds.ts';
import type { DocumentStore, StateKind, StateKinds, StateStore, Stored } from './store.ts';

/** Unreadable documents that are named; beyond that they are only left out. */
const NAMED = 100;

/** Documents whose checked version is remembered: what is read again and again unchanged is checked once. */
const REMEMBERED = 20_000;

/** Documents of an adapter as what their kinds say they are. */
export function checkedState(documents: DocumentStore, log: Log): StateStore {
  const unreadable = new Set<string>();
  /** By kind and id: the version that was checked. */
  const checked = new Map<string, number>();

  function read<K extends StateKind>(kind: K, stored: Stored<unknown>): Stored<StateKinds[K]> {
    const name = `${kind}/${stored.id}`;
    if (checked.get(name) === stored.version) return stored as Stored<StateKinds[K]>;
    const value = UPGRADES[kind]?.(stored.value) ?? stored.value;
    const schema = STATE_KINDS[kind] as unknown as z.ZodType<StateKinds[K]>;
    const parsed = schema.safeParse(value);
    if (parsed.success) {
      if (checked.size >= REMEMBERED) checked.clear();
      // What was upgraded lies in the store in its old form, and has to be upgraded each time.
      if (value === stored.value) checked.set(name, stored.version);
      return { ...stored, value: parsed.data };
    }
    const [issue] = parsed.error.issues;
    const error = new AppError(
      'malformed',
      `the stored document ${name} is not readable: ${issue?.path.join('.') || 'value'}: ${issue?.message}`,
    );
    if (unreadable.size < NAMED && !unreadable.has(name)) {
      unreadable.add(name);
      log.error({ err: error }, 'a stored document is not readable');
    }
    throw error;
  }

  return {
    async get(kind, id) {
      const stored = await documents.get(kind, id);
      return stored && read(kind, stored);
    },
    async list(kind, options) {
      const readable: Stored<StateKinds[typeof kind]>[] = [];
      for (const stored of await documents.list(kind, options)) {
        // A page of large documents takes long to check.
        const wait = turn();
        if (wait) await wait;
        try {
          readable.push(read(kind, stored));
        } catch {
          // Logged, and told by `health`.
        }
      }
      return readable;
    },
    count: (kind) => documents.count(kind),
    commit: (changes) => documents.commit(changes),
    acquire: (lease, owner, ttlMs) => documents.acquire(lease, owner, ttlMs),
    release: (lease, owner) => documents.release(lease, owner),
    async health() {
      const health = await documents.health();
      if (unreadable.size === 0) return health;
      const [name = ''] = unreadable;
      const said = phrasesOf(health)?.detail ?? [['error', { error: health.detail }] satisfies Phrase];
      const detail: Phrase[] = [...said, ['unreadable', { count: unreadable.size, name }]];
      return healthOf(health.ok, health.kind, detail, phrasesOf(health)?.mend);
    },
    [Symbol.asyncDispose]: () => documents[Symbol.asyncDispose](),
  };
}
