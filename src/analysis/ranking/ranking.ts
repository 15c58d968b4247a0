import type { Proof } from './proof.ts';

/** A service that may be the cause, with its proof. */
export interface RankedCause extends Proof {
  service: string;
  /** The address at which its callers reach it, with the port if they give one: `db:5432`. */
  address: string;
  score: number;
  /** 0..1: how often such an answer is right. */
  confidence: number;
  /** It wrote nothing at all in the window. */
  silent: boolean;
  /** No line names it: it is the only service that an unresolved address can be. */
  inferred: boolean;
}

/**
 * A service with failures that is not the cause: its errors name another one (`because`), they are as many as before, or they
 * belong to a start that succeeded. `count` is the number of its own lines, or of those that name it.
 */
export type RuledOut = { service: string; count: number } & (
  | { why: 'caller'; because: string }
  | { why: 'usual' | 'steady' | 'settled' }
  | { why: 'working'; port: string }
);

/** Services of which one is the cause, and nothing shows which. */
export interface Either {
  services: string[];
  /**
   * The port on which all of them are known; absent if they are equal because the same amount of evidence counts against each.
   */
  port?: string;
  /** All of them go on working, so the cause may also be a service that is not known. */
  working?: boolean;
}

export interface Ranking {
  causes: RankedCause[];
  /** The first cause is no more certain than these: an answer must name all of them. */
  either?: Either;
  ruledOut: RuledOut[];
  /** There is no healthy time to compare the first cause's lines with. */
  noPast?: boolean;
  verdict: 'confirmed' | 'likely' | 'inconclusive';
}
