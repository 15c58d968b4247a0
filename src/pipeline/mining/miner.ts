import { hash } from 'node:crypto';
import { z } from 'zod';
import { LruMap } from '../lru-map.ts';
import { blend, fit } from './fit.ts';
import { createFrames } from './frames.ts';
import { createHashCache } from './hash-cache.ts';
import { Masker } from './mask.ts';
import { ABSORBED, WILDCARD } from './token-buffer.ts';

/** A mined family of messages. */
interface Cluster {
  id: string;
  tokens: string[];
  pattern: string;
  /** As records have it; another object once the pattern changed. */
  template: { id: string; pattern: string };
  /** -1 once it is forgotten. */
  count: number;
  /** When a message came to it last, in messages. */
  used: number;
  /** The list it stands in. */
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
   * The template of a message, learned from it at the same time. `count` is how often it was seen, this time included;
   * `template` is one object for all messages of a pattern.
   */
  add(message: string): {
    id: string;
    pattern: string;
    count: number;
    template: Readonly<{ id: string; pattern: string }>;
  };
  /** The pattern as it stands now; undefined when the cluster was forgotten. */
  pattern(id: string): string | undefined;
  readonly size: number;
  save(): MinerState;
  /** Takes over templates that are not known yet. */
  restore(state: MinerState): void;
}

/** Clusters kept; the one not seen for longest is forgotten first. */
const MAX_CLUSTERS = 20_000;
/** Masked messages whose cluster is remembered: most lines of a template are equal once masked. */
const MAX_REMEMBERED = 50_000;
/** Clusters a message is compared with: lines of ever new words must not make each further line slower. */
const MAX_IN_BRANCH = 500;
/** Distinct first tokens under one length before the rest shares one branch. */
const MAX_BRANCHES = 4_000;

/**
 * An online template miner after Drain (He, Zhu, Zheng, Lyu: Drain, ICWS 2017): a tree of fixed depth (number of
 * tokens, then first token) leads to a few clusters, of which the one that fits best (`fit`) takes the message and
 * replaces what differs by `<*>`. Deterministic: the same lines in the same order give the same ids. Ids are hashes of
 * the masked first message, so that the same template keeps its id over restarts.
 */
export function createMiner(options: { maxClusters?: number } = {}): Miner {
  const limit = options.maxClusters ?? MAX_CLUSTERS;
  const branches = new Map<string, Branch>();
  /** Branches of each length. */
  const branchCount = new Map<number, number>();
  const remembered = createHashCache<Cluster>(MAX_REMEMBERED);
  const clusters = new LruMap<string, Cluster>(limit, (_, gone) => leave(gone));
  const frames = createFrames();
  const masker = new Masker();
  let messages = 0;

  function leave(gone: Cluster): void {
    const { branch } = gone;
    branch.clusters.splice(branch.clusters.indexOf(gone), 1);
    gone.count = -1;
    // It may be remembered for a while yet.
    gone.tokens = [];
    gone.pattern = '';
    if (branch.clusters.length > 0) return;
    branches.delete(branch.key);
    branchCount.set(branch.length, branchCount.get(branch.length)! - 1);
  }

  function place(cluster: Omit<Cluster, 'branch' | 'used' | 'template'>): Cluster {
    const branch = branchFor(cluster.tokens) ?? openBranch(cluster.tokens);
    if (branch.clusters.length >= MAX_IN_BRANCH) {
      const oldest = branch.clusters.reduce((least, other) => (other.used < least.used ? other : least));
      leave(oldest);
      clusters.delete(oldest.id);
    }
    const template = { id: cluster.id, pattern: cluster.pattern };
    const placed = { ...cluster, template, branch, used: messages };
    branch.clusters.push(placed);
    clusters.set(placed.id, placed);
    return placed;
  }

  /** Tokens that vary do not lead the way: they share one branch per length. */
  function keyOf(tokens: string[], shared: boolean): string {
    const first = tokens[0] ?? '';
    return shared || first.includes(WILDCARD) ? `${tokens.length}` : `${tokens.length} ${first}`;
  }

  function branchFor(tokens: string[]): Branch | undefined {
    return (
      branches.get(keyOf(tokens, false)) ??
      (full(tokens.length) ? branches.get(keyOf(tokens, true)) : undefined)
    );
  }
  const full = (length: number): boolean => (branchCount.get(length) ?? 0) >= MAX_BRANCHES;

  function openBranch(tokens: string[]): Branch {
    const { length } = tokens;
    const branch = { key: keyOf(tokens, full(length)), length, clusters: [] };
    branches.set(branch.key, branch);
    branchCount.set(length, (branchCount.get(length) ?? 0) + 1);
    return branch;
  }

  function bestOf({ clusters }: Branch, tokens: string[]): Cluster | undefined {
    let best: Cluster | undefined;
    let bestScore = 0;
    for (const cluster of clusters) {
      const score = fit(cluster.tokens, cluster.count, tokens);
      if (score > bestScore) {
        best = cluster;
        bestScore = score;
      }
    }
    return best;
  }

  function create(tokens: string[]): Cluster {
    const masked = tokens.join(' ');
    let id = '';
    for (let salt = 0; ; salt++) {
      id = hash('sha1', salt === 0 ? masked : `${masked} ${salt}`, 'hex').slice(0, 12);
      if (!clusters.has(id)) break;
    }
    return place({ id, tokens: cutAnew(masked, tokens), pattern: shown(tokens), count: 0 });
  }

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
    cluster.pattern = shown(cluster.tokens);
    cluster.template = { id: cluster.id, pattern: cluster.pattern };
  }

  function known(tokens: string[]): Cluster | undefined {
    const branch = branchFor(tokens);
    return branch && bestOf(branch, tokens);
  }

  function find(low: number, high: number): Cluster {
    const tokens = masker.tokens();
    let cluster = known(tokens);
    const frame = cluster ? undefined : frames.open(tokens);
    if (frame) cluster = known(frame);
    if (cluster) learn(cluster, frame ?? tokens);
    else {
      cluster = create(frame ?? tokens);
      if (!frame) frames.filled(tokens, cluster);
    }
    remembered.set(low, high, cluster);
    return cluster;
  }

  return {
    add(message) {
      masker.scan(message);
      const masked = masker.hash();
      const low = masked[0]!;
      const high = masked[1]!;
      let cluster = remembered.get(low, high);
      if (!cluster || cluster.count < 0) cluster = find(low, high);
      clusters.touch(cluster.id);
      messages += 1;
      cluster.used = messages;
      cluster.count += 1;
      return cluster;
    },
    pattern: (id) => clusters.get(id)?.pattern,
    get size() {
      return clusters.size;
    },
    save: () => ({
      version: 2,
      clusters: [...clusters.values()]
        .sort((a, b) => a.used - b.used)
        .map(({ id, tokens, count }) => ({ id, tokens, count })),
    }),
    restore(state) {
      for (const { id, tokens, count } of state.clusters) {
        if (clusters.has(id)) continue;
        place({ id, tokens, pattern: shown(tokens), count });
      }
    },
  };
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
const shown = (tokens: string[]): string => tokens.filter((token) => token !== ABSORBED).join(' ');
