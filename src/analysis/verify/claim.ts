import { z } from 'zod';

/**
 * What can be said about the logs: each type has a check that computes it from the log store, and a sentence of its own. A claim
 * has no words: whoever chooses one says nothing that was not computed.
 */
const CLAIM_TYPES = [
  'cause',
  'effect',
  'order',
  'since',
  'count',
  'share',
  'comparison',
  'absence',
  'rise',
  'change',
  'recovery',
  'steady',
  'silence',
  'ruled_out',
] as const;
export type ClaimType = (typeof CLAIM_TYPES)[number];

/** A claim about one thing of the evidence (`of`), or about two (`than`). Both are ids of subjects. */
export interface Claim {
  type: ClaimType;
  of: string;
  /** The id of the second thing; empty for claims about one. */
  than: string;
}

const claimSchema = z.object({
  type: z.enum(CLAIM_TYPES),
  of: z.string().max(40),
  than: z.string().max(40).default(''),
});

/** The most claims of one reply: more would bury what matters. */
export const CLAIMS = 8;

/** What a model is asked to answer with. A claim that is none of the forms is kept as undefined, so that it can be counted. */
export const replySchema = z.object({
  claims: z.array(claimSchema.optional().catch(undefined)),
  hypothesis: z.string().default('').catch(''),
});
export type ModelReply = z.infer<typeof replySchema>;

/**
 * The same as JSON Schema, in the small subset that every server can enforce.
 * @param ids of the things that may be spoken of; any text where they are not known beforehand
 * @param guess whether a guess in the model's own words is wanted beside the claims
 */
export function replyJsonSchema(ids: readonly string[] | undefined, guess: boolean): Record<string, unknown> {
  const id = (more: readonly string[]): Record<string, unknown> =>
    ids ? { type: 'string', enum: [...more, ...ids] } : { type: 'string' };
  return objectOf({
    claims: {
      type: 'array',
      items: objectOf({ type: { type: 'string', enum: [...CLAIM_TYPES] }, of: id([]), than: id(['']) }),
    },
    ...(guess ? { hypothesis: { type: 'string' } } : {}),
  });
}

/** A JSON Schema of an object that has exactly these fields. */
export const objectOf = (properties: Record<string, unknown>): Record<string, unknown> => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
