import { hash } from 'node:crypto';
import { z } from 'zod';
import { LruMap } from '../../domain/lru-map.ts';
import { blend, fit } from './fit.ts';
import { Frames } from './frames.ts';
import { createHashCache } from './hash-cache.ts';
import { Masker } from './mask.ts';
import { ABSORBED, WILDCARD } from './token-buffer.ts';

/** A family of messages with one template. */
interface Cluster {
  id: string;
  tokens: string[];
  pattern: string;
  /** As records have it; another object once the pattern has changed. */
  template: { id: string; pattern: string };
  /** Messages so far; -1 once the cluster is forgotten. */
  count: number;
  /** Number of the message that came to it last. */
  used: number;
  /** The branch that it belongs to. */
  branch: Branch;
}

/** Clusters of one length and, where it is constant, one first token. */
interface Branch {
  key: string;
  length: number;
  clusters: Cluster[];
}

/** What `save` gives and `restore` takes: plain JSON, oldest template first. */
export const minerState = z.object({
  version: z.literal(2),
  clusters: z.array(
    z.object({ id: z.string(), tokens: z.array(z.string()), count: z.number().int().min(0) }),
  ),
});
export type MinerState = z.infer<typeof minerState>;

export interface Miner {
  /**
   * The template of a message; the miner learns from the message at the same time. `count` is how often the template was
   * seen, this time included; `template` is one object for all messages of a pattern.
   */
  add(message: string): {
    id: string;
    pattern: string;
    count: number;
    template: Readonly<{ id: string; pattern: string }>;
  };
  /** The pattern as it is now; undefined when the cluster was forgotten. */
  pattern(id: string): string | undefined;
  readonly size: number;
  save(): MinerState;
  /** Takes over templates that are not known yet. */
  restore(state: MinerState): void;
}

/** Clusters kept; the one that was not seen for longest is forgotten first. */
const MAX_CLUSTERS = 20_000;
/** Masked messages whose cluster is remembered: most lines of a template are equal once masked. */
const MAX_REMEMBERED = 50_000;
/** Clusters a message is compared with: lines of ever new words must not make every further line slower. */
const MAX_IN_BRANCH = 500;
/** Different first tokens of one length before the rest shares one branch. */
const MAX_BRANCHES = 4_000;

/**
 * An online template miner after Drain (He, Zhu, Zheng, Lyu: Drain, ICWS 2017): a tree of fixed depth (number of tokens,
 * then first token) leads to a few clusters; the one that fits best (`fit`) takes the message and replaces what differs
 * by `<*>`. Deterministic: the same lines in the same order give the same ids. Ids are hashes of the masked first
 * message, so that a template keeps its id over restarts.
 */
export const createMiner = (options: { maxClusters?: number } = {}): Miner =>
  new DrainMiner(options.maxClusters ?? MAX_CLUSTERS);

class DrainMiner implements Miner {
  readonly #masker = new Masker();
  readonly #branches = new Map<string, Branch>();
  /** Number of branches of each length. */
  readonly #branchCount = new Map<number, number>();
  readonly #remembered = createHashCache<Cluster>(MAX_REMEMBERED);
  readonly #clusters: LruMap<string, Cluster>;
  readonly #frames = new Frames();
  #messages = 0;

  constructor(limit: number) {
    this.#clusters = new LruMap(limit, (_, gone) => this.#removeFromBranch(gone));
  }

  add(message: string): Cluster {
    this.#masker.scan(message);
    const hash = this.#masker.hash();
    const low = hash[0]!;
    const high = hash[1]!;
    let cluster = this.#remembered.get(low, high);
    if (!cluster || cluster.count < 0) {
      cluster = this.#clusterOf(this.#masker.tokens());
      this.#remembered.set(low, high, cluster);
    }
    this.#clusters.touch(cluster.id);
    this.#messages += 1;
    cluster.used = this.#messages;
    cluster.count += 1;
    return cluster;
  }

  pattern(id: string): string | undefined {
    return this.#clusters.get(id)?.pattern;
  }

  get size(): number {
    return this.#clusters.size;
  }

  save(): MinerState {
    return {
      version: 2,
      clusters: [...this.#clusters.values()]
        .sort((a, b) => a.used - b.used)
        .map(({ id, tokens, count }) => ({ id, tokens, count })),
    };
  }

  restore(state: MinerState): void {
    for (const { id, tokens, count } of state.clusters) {
      if (this.#clusters.has(id)) continue;
      this.#insert({ id, tokens, pattern: patternOf(tokens), count });
    }
  }

  /** The cluster of a message that is not remembered: one that fits, or a new one. */
  #clusterOf(tokens: string[]): Cluster {
    const fitting = this.#bestFor(tokens);
    if (fitting) {
      learn(fitting, tokens);
      return fitting;
    }
    const frame = this.#frames.find(tokens);
    if (!frame) {
      const created = this.#create(tokens);
      this.#frames.add(tokens, created);
      return created;
    }
    const framed = this.#bestFor(frame);
    if (!framed) return this.#create(frame);
    learn(framed, frame);
    return framed;
  }

  #bestFor(tokens: string[]): Cluster | undefined {
    const branch = this.#branchFor(tokens);
    if (!branch) return undefined;
    let best: Cluster | undefined;
    let bestScore = 0;
    for (const cluster of branch.clusters) {
      const score = fit(cluster.tokens, cluster.count, tokens);
      if (score > bestScore) {
        best = cluster;
        bestScore = score;
      }
    }
    return best;
  }

  #create(tokens: string[]): Cluster {
    const masked = tokens.join(' ');
    let id = '';
    for (let salt = 0; ; salt++) {
      id = hash('sha1', salt === 0 ? masked : `${masked} ${salt}`, 'hex').slice(0, 12);
      if (!this.#clusters.has(id)) break;
    }
    return this.#insert({ id, tokens: cutAnew(masked, tokens), pattern: patternOf(tokens), count: 0 });
  }

  #insert(cluster: Omit<Cluster, 'branch' | 'used' | 'template'>): Cluster {
    const branch = this.#branchFor(cluster.tokens) ?? this.#openBranch(cluster.tokens);
    if (branch.clusters.length >= MAX_IN_BRANCH) {
      const oldest = branch.clusters.reduce((least, other) => (other.used < least.used ? other : least));
      this.#removeFromBranch(oldest);
      this.#clusters.delete(oldest.id);
    }
    const template = { id: cluster.id, pattern: cluster.pattern };
    const inserted = { ...cluster, template, branch, used: this.#messages };
    branch.clusters.push(inserted);
    this.#clusters.set(inserted.id, inserted);
    return inserted;
  }

  #removeFromBranch(gone: Cluster): void {
    const { branch } = gone;
    branch.clusters.splice(branch.clusters.indexOf(gone), 1);
    gone.count = -1;
    // The cache of hashes may hold it for a while: its texts are released.
    gone.tokens = [];
    gone.pattern = '';
    if (branch.clusters.length > 0) return;
    this.#branches.delete(branch.key);
    this.#branchCount.set(branch.length, this.#branchCount.get(branch.length)! - 1);
  }

  #branchFor(tokens: string[]): Branch | undefined {
    return (
      this.#branches.get(branchKey(tokens, false)) ??
      (this.#isFull(tokens.length) ? this.#branches.get(branchKey(tokens, true)) : undefined)
    );
  }

  #openBranch(tokens: string[]): Branch {
    const { length } = tokens;
    const branch = { key: branchKey(tokens, this.#isFull(length)), length, clusters: [] };
    this.#branches.set(branch.key, branch);
    this.#branchCount.set(length, (this.#branchCount.get(length) ?? 0) + 1);
    return branch;
  }

  #isFull(length: number): boolean {
    return (this.#branchCount.get(length) ?? 0) >= MAX_BRANCHES;
  }
}

/** Messages with a variable first token share one branch per length. */
function branchKey(tokens: string[], shared: boolean): string {
  const first = tokens[0] ?? '';
  return shared || first.includes(WILDCARD) ? `${tokens.length}` : `${tokens.length} ${first}`;
}

/** Replaces the tokens in which a message differs from its cluster. */
function learn(cluster: Cluster, tokens: string[]): void {
  let changed = false;
  for (let i = 0; i < tokens.length; i++) {
    const own = cluster.tokens[i]!;
    if (own === tokens[i] || own === WILDCARD || own === ABSORBED) continue;
    if (!changed) cluster.tokens = [...cluster.tokens];
    cluster.tokens[i] = blend(own, tokens[i]!);
    changed = true;
  }
  if (!changed) return;
  cluster.pattern = patternOf(cluster.tokens);
  cluster.template = { id: cluster.id, pattern: cluster.pattern };
}

/** The same tokens, cut from the masked text: parts of a message would keep the whole message in memory. */
function cutAnew(masked: string, tokens: readonly string[]): string[] {
  let from = 0;
  return tokens.map((token) => {
    const own = masked.slice(from, from + token.length);
    from += token.length + 1;
    return own;
  });
}

/** A pattern as people read it. */
const patternOf = (tokens: string[]): string => tokens.filter((token) => token !== ABSORBED).join(' ');
