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

const ID = /\b[SMRE]\d{1,3}\b/;
/** An id, also where a server that enforces no form let a name or brackets stand beside it. */
const id = z
  .string()
  .max(80)
  .transform((text) => ID.exec(text)?.[0] ?? text.trim());
const claimSchema = z.object({
  type: z.preprocess(
    (type) => (typeof type === 'string' ? type.trim().toLowerCase().replace(/[ -]/g, '_') : type),
    z.enum(CLAIM_TYPES),
  ),
  of: id,
  than: id.nullish().transform((than) => than ?? ''),
});

/** The most claims of one reply: more would bury what matters. */
export const CLAIMS = 8;

/** What a model is asked to answer with. A claim that is none of the forms is kept as undefined, so that it can be counted. */
export const replySchema = z.object({
  claims: z.array(claimSchema.optional().catch(undefined)),
  hypothesis: z.string().default('').catch(''),
});
export type ModelReply = z.infer<typeof replySchema>;

/** What each claim speaks of, by the first letters of ids; a check that meets another sort of thing fails. */
const FORMS: Record<ClaimType, { of: string; than?: string }> = {
  cause: { of: 'SM' },
  effect: { of: 'M', than: 'S' },
  order: { of: 'SMR', than: 'SMR' },
  since: { of: 'SMR' },
  count: { of: 'SMR' },
  share: { of: 'SMR' },
  comparison: { of: 'SMR', than: 'SMR' },
  absence: { of: 'SR' },
  rise: { of: 'SMR' },
  change: { of: 'E' },
  recovery: { of: 'SMR' },
  steady: { of: 'S' },
  silence: { of: 'S' },
  ruled_out: { of: 'S' },
};

/**
 * The same as JSON Schema, in the small subset that every server can enforce. Each type takes only ids of what it can be about, and is
 * left out where the evidence has no such thing; small models mix them up otherwise.
 * @param ids of the things that may be spoken of; any text where they are not known beforehand
 * @param guess whether a guess in the model's own words is wanted beside the claims
 */
export function replyJsonSchema(ids: readonly string[] | undefined, guess: boolean): Record<string, unknown> {
  const text = { type: 'string' };
  const items = ids?.length
    ? { anyOf: formsOver(ids) }
    : objectOf({ type: { type: 'string', enum: [...CLAIM_TYPES] }, of: text, than: text });
  return objectOf({
    // Without an end a small model repeats the last claim until its tokens are used up.
    claims: { type: 'array', items, maxItems: CLAIMS },
    ...(guess ? { hypothesis: text } : {}),
  });
}

/** One form for the types that speak of the same sorts of things. */
function formsOver(ids: readonly string[]): Record<string, unknown>[] {
  const forms = new Map<string, ClaimType[]>();
  for (const type of CLAIM_TYPES) {
    const { of, than = '' } = FORMS[type];
    const key = `${of} ${than}`;
    forms.set(key, [...(forms.get(key) ?? []), type]);
  }
  return [...forms].flatMap(([key, types]) => {
    const [of, than] = key.split(' ').map((sorts) => ids.filter((id) => sorts.includes(id[0]!)));
    const second = key.endsWith(' ') ? [''] : than!;
    if (of!.length === 0 || second.length === 0) return [];
    const oneOf = (values: readonly string[]) => ({ type: 'string', enum: [...values] });
    return [objectOf({ type: oneOf(types), of: oneOf(of!), than: oneOf(second) })];
  });
}

/** A JSON Schema of an object that has exactly these fields. */
export const objectOf = (properties: Record<string, unknown>): Record<string, unknown> => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
