import { hash } from 'node:crypto';
import { LruMap } from './lru-map.ts';
import { ABSORBED, maskTokens, WILDCARD } from './mask.ts';

/** A mined family of messages. */
interface Cluster {
  id: string;
  tokens: string[];
  pattern: string;
  /** -1 once it is forgotten. */
  count: number;
  /** When a message came to it last, in messages. */
  used: number;
  /** The list it stands in. */
  branch: Cluster[];
}

/** What `save` gives and `restore` takes: plain JSON. */
export interface MinerState {
  version: 1;
  clusters: { id: string; tokens: string[]; count: number }[];
}

export interface Miner {
  /** The template of a message, learned from it at the same time. `count` is how often it was seen, this time included. */
  add(message: string): { id: string; pattern: string; count: number };
  /** The pattern as it stands now; undefined when the cluster was forgotten. */
  pattern(id: string): string | undefined;
  readonly size: number;
  save(): MinerState;
  restore(state: MinerState): void;
}

/** Share of equal tokens from which a message belongs to a cluster. */
const SIMILARITY = 0.7;
/** How much a difference in a value counts against a cluster, where one in a word counts 1. */
const VALUE_WEIGHT = 0.25;
/** How much an equal key before a differing value counts for a cluster, where an equal word counts 1. */
const KEY_WEIGHT = 0.5;
/** Messages after which a word that never varied is taken for a constant. */
const ESTABLISHED = 100;
/** Clusters kept; the one not seen for longest is forgotten first. */
const MAX_CLUSTERS = 20_000;
/** Masked messages whose cluster is remembered: most lines of a template are equal once masked. */
const MAX_REMEMBERED = 50_000;
/** Clusters a message is compared with: lines of ever new words must not make each further line slower. */
const MAX_IN_BRANCH = 500;
/** Distinct first tokens under one length before the rest shares one branch. */
const MAX_BRANCHES = 200;

/**
 * An online template miner after Drain (He, Zhu, Zheng, Lyu: Drain, ICWS 2017): a tree of fixed depth (number of
 * tokens, then first token) leads to a few clusters, of which the most similar takes the message and replaces what
 * differs by `<*>`. Deterministic: the same lines in the same order give the same ids. Ids are hashes of the masked
 * first message, so that the same template keeps its id over restarts.
 */
export function createMiner(options: { maxClusters?: number } = {}): Miner {
  const limit = options.maxClusters ?? MAX_CLUSTERS;
  const branches = new Map<string, Cluster[]>();
  const branchCount = new Map<number, number>();
  const remembered = new LruMap<string, Cluster>(MAX_REMEMBERED);
  const clusters = new LruMap<string, Cluster>(limit, (_, gone) => leave(gone));
  let messages = 0;

  function leave(gone: Cluster): void {
    gone.branch.splice(gone.branch.indexOf(gone), 1);
    gone.count = -1;
  }

  function place(cluster: Omit<Cluster, 'branch' | 'used'>): Cluster {
    const branch = branchFor(cluster.tokens);
    if (branch.length >= MAX_IN_BRANCH) {
      const oldest = branch.reduce((least, other) => (other.used < least.used ? other : least));
      leave(oldest);
      clusters.delete(oldest.id);
    }
    const placed = { ...cluster, branch, used: messages };
    branch.push(placed);
    clusters.set(placed.id, placed);
    return placed;
  }

  /** Tokens that vary do not lead the way: they share one branch per length. */
  function branchKey(tokens: string[], shared: boolean): string {
    const first = tokens[0] ?? '';
    return shared || first.includes(WILDCARD) ? `${tokens.length}` : `${tokens.length} ${first}`;
  }

  function branchFor(tokens: string[]): Cluster[] {
    let key = branchKey(tokens, false);
    const known = branches.get(key);
    if (known) return known;
    const count = branchCount.get(tokens.length) ?? 0;
    if (count >= MAX_BRANCHES) key = branchKey(tokens, true);
    else branchCount.set(tokens.length, count + 1);
    const shared = branches.get(key);
    if (shared) return shared;
    const branch: Cluster[] = [];
    branches.set(key, branch);
    return branch;
  }

  function bestOf(branch: Cluster[], tokens: string[]): Cluster | undefined {
    let best: Cluster | undefined;
    let bestScore = 0;
    for (const cluster of branch) {
      const score = fit(cluster, tokens);
      if (score > bestScore) {
        best = cluster;
        bestScore = score;
      }
    }
    return best;
  }

  function create(tokens: string[], masked: string): Cluster {
    let id = '';
    for (let salt = 0; ; salt++) {
      id = hash('sha1', salt === 0 ? masked : `${masked} ${salt}`, 'hex').slice(0, 12);
      if (!clusters.has(id)) break;
    }
    return place({ id, tokens, pattern: shown(tokens), count: 0 });
  }

  function learn(cluster: Cluster, tokens: string[]): void {
    let changed = false;
    for (let i = 0; i < tokens.length; i++) {
      if (cluster.tokens[i] === tokens[i] || cluster.tokens[i] === WILDCARD || cluster.tokens[i] === ABSORBED)
        continue;
      if (!changed) cluster.tokens = [...cluster.tokens];
      cluster.tokens[i] = blend(cluster.tokens[i]!, tokens[i]!);
      changed = true;
    }
    if (changed) cluster.pattern = shown(cluster.tokens);
  }

  return {
    add(message) {
      const tokens = maskTokens(message);
      const masked = tokens.join(' ');
      let cluster = remembered.get(masked);
      if (!cluster || cluster.count < 0) {
        cluster = bestOf(branchFor(tokens), tokens);
        if (cluster) learn(cluster, tokens);
        else cluster = create(tokens, masked);
        remembered.set(masked, cluster);
      }
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
      version: 1,
      clusters: [...clusters.values()].map(({ id, tokens, count }) => ({ id, tokens, count })),
    }),
    restore(state) {
      for (const { id, tokens, count } of state.clusters) {
        if (clusters.has(id)) continue;
        place({ id, tokens, pattern: shown(tokens), count });
      }
    },
  };
}

/**
 * How well a message of the same length fits a cluster: 0 not at all, 1 and more where it fits every constant.
 * - A difference in a token that has the form of a value (digits, dotted names, a key before `=`) speaks little against it.
 * - A difference of a plain word speaks against it; of two words side by side it is another sentence.
 * - A place that held the same word in many messages is a constant: another word there is another template.
 */
function fit(cluster: Cluster, tokens: string[]): number {
  let equal = 0;
  let wild = 0;
  let unlike = 0;
  let lastUnlike = -2;
  for (let i = 0; i < tokens.length; i++) {
    const own = cluster.tokens[i]!;
    const other = tokens[i]!;
    if (own === other) {
      if (own === WILDCARD) wild++;
      else equal++;
    } else if (own === WILDCARD || own === ABSORBED) wild++;
    else {
      const kind = differ(own, other);
      if (kind === OTHER) return 0;
      if (kind === PAIR) equal += KEY_WEIGHT;
      if (kind !== WORD) unlike += VALUE_WEIGHT;
      else {
        if (cluster.count >= ESTABLISHED || lastUnlike === i - 1) return 0;
        lastUnlike = i;
        unlike += 1;
      }
    }
  }
  if (tokens.length === 0) return 1;
  if (equal === 0) return 0;
  const share = equal / (equal + unlike);
  if (unlike === 0) return 1 + equal / tokens.length;
  return share >= SIMILARITY ? share : 0;
}

/** Two tokens that differ: in the value behind one key, in the value they hold, in a word, or altogether. */
const PAIR = 1;
const VALUE = 2;
const WORD = 3;
const OTHER = 4;

function differ(a: string, b: string): number {
  if (a === WILDCARD || b === WILDCARD || a === ABSORBED || b === ABSORBED) return VALUE;
  // `uid=0` and `(uid=0)` and `size=1`: keys are constants, what is behind them varies.
  const keyA = a.lastIndexOf('=');
  const keyB = b.lastIndexOf('=');
  if (keyA >= 0 || keyB >= 0) return keyA === keyB && a.startsWith(b.slice(0, keyB)) ? PAIR : OTHER;
  const colon = a.indexOf(':');
  if (colon > 0 && colon < a.length - 1 && b.startsWith(a.slice(0, colon + 1)) && colon < b.length - 1)
    return PAIR;
  return valued(a) && valued(b) ? VALUE : WORD;
}

/** Has the form of a value: digits, or a name in dotted or slashed parts. */
const valued = (token: string): boolean => /\d|<\*>|\w[./]\w/.test(token);

/** A pattern as people read it. */
const shown = (tokens: string[]): string => tokens.filter((token) => token !== ABSORBED).join(' ');

/** Two tokens that differ at one place: what they share at both ends stays where it ends at punctuation (`user=<*>`). */
function blend(a: string, b: string): string {
  if (a === ABSORBED || b === ABSORBED) return ABSORBED;
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  let keep = 0;
  while (head < shorter && a[head] === b[head]) if (/[=:([{"'/]/.test(a[head++]!)) keep = head;
  let tail = 0;
  let end = 0;
  while (tail < shorter - keep && a[a.length - 1 - tail] === b[b.length - 1 - tail]) {
    tail += 1;
    if (/[)\]}"',;:.]/.test(a[a.length - tail]!)) end = tail;
    else break;
  }
  const prefix = a.slice(0, keep);
  return `${prefix}${WILDCARD}${end > 0 ? a.slice(a.length - end) : ''}`;
}
