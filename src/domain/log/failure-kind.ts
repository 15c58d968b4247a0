/**
 * What went wrong, in general terms. `root` kinds are about the service that logs them (its own memory, its own configuration);
 * `symptom` kinds say that another service did not answer.
 */
export const FAILURE_KINDS = [
  'memory',
  'pool',
  'disk',
  'limit',
  'deadlock',
  'crash',
  'port',
  'config',
  'auth',
  'tls',
  'dns',
  'refused',
  'timeout',
  'reset',
  'limited',
  'unavailable',
  'route',
  'status',
  'slow',
  'error',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** How sure it is that a ranked cause is the cause. */
export const CERTAINTIES = ['confirmed', 'likely', 'inconclusive'] as const;
export type Certainty = (typeof CERTAINTIES)[number];
