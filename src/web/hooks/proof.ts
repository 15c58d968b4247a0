import { createHmac } from 'node:crypto';
import type { HookForm } from '../../config/hooks.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { same } from '../guard.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A signature whose time is further away than this is one that somebody kept. */
const FRESH_MS = 5 * MINUTE;
const SECOND_MS = 1_000;
const MOST_SIGNATURES = 10;

const one = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
};

const hmac = (secret: string, ...parts: (string | Buffer)[]): string => {
  const made = createHmac('sha256', secret);
  for (const part of parts) made.update(part);
  return made.digest('hex');
};

/** The secret in an `Authorization` header: a Bearer token, or the password of Basic authentication. */
function givenSecret(headers: Headers): string | undefined {
  const [, scheme, value] = /^(bearer|basic) +(\S+) *$/i.exec(one(headers, 'authorization') ?? '') ?? [];
  if (!scheme || !value || scheme.toLowerCase() === 'bearer') return value;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const at = pair.indexOf(':');
  return at < 0 ? undefined : pair.slice(at + 1);
}

/** The header of each sender's signature. */
const SIGNATURES: { [form in HookForm]?: string } = {
  pagerduty: 'x-pagerduty-signature',
  sentry: 'sentry-hook-signature',
  grafana: 'x-grafana-alerting-signature',
};

/** Whether the headers hold anything that may prove the secret: without it the body need not be read. */
export const mayProve = (form: HookForm | undefined, headers: Headers): boolean =>
  headers.authorization !== undefined ||
  (form !== undefined && headers[SIGNATURES[form] ?? ''] !== undefined);

/** Who signs, and how; the others send the secret itself. */
const SIGNED: {
  [form in HookForm]?: (secret: string, headers: Headers, body: Buffer, now: number) => boolean;
} = {
  // While a secret is being changed there is a signature by each of them.
  pagerduty: (secret, headers, body) =>
    (one(headers, SIGNATURES.pagerduty!) ?? '')
      .split(',', MOST_SIGNATURES)
      .map((part) => part.trim())
      .some((part) => part.startsWith('v1=') && same(part.slice(3), hmac(secret, body))),
  sentry: (secret, headers, body) => {
    const signature = one(headers, SIGNATURES.sentry!);
    return signature !== undefined && same(signature, hmac(secret, body));
  },
  grafana: (secret, headers, body, now) => {
    const signature = one(headers, SIGNATURES.grafana!);
    if (signature === undefined) return false;
    const at = one(headers, 'x-grafana-alerting-timestamp');
    if (at === undefined) return same(signature, hmac(secret, body));
    // In seconds; a clock that counts milliseconds is understood, too.
    const ms = at.length > 11 ? Number(at) : Number(at) * SECOND_MS;
    return Math.abs(now - ms) <= FRESH_MS && same(signature, hmac(secret, `${at}:`, body));
  },
};

/**
 * Whether the request proves that its sender knows the secret: by the token or password itself, or by its signature.
 * @param now epoch ms
 */
export function isProven(
  form: HookForm | undefined,
  secret: string,
  request: { headers: Headers; body: Buffer },
  now: number,
): boolean {
  const given = givenSecret(request.headers);
  if (given !== undefined && same(given, secret)) return true;
  const signed = form && SIGNED[form];
  return signed?.(secret, request.headers, request.body, now) ?? false;
}
