import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../domain/errors.ts';
import { MINUTE, SECOND } from '../../domain/time/units.ts';
import { certificateFault, pemOf, speaksTls, type TlsPlace } from '../certificate.ts';

type Kafka = Extract<Config['bus'], { kind: 'kafka' }>;
/** How the brokers are reached. */
export type KafkaAccess = Partial<Pick<Kafka, 'tls' | 'ca' | 'cert' | 'key' | 'sasl'>>;

/** How long the server of tokens may take, in milliseconds. */
const TOKEN_MS = 10 * SECOND;
/** A token is asked for again this long before it ends, in milliseconds. */
const AHEAD_MS = MINUTE;

/** A reply to a request for a token, RFC 6749, section 5.1. */
const tokenReply = z.looseObject({ access_token: z.string().min(1), expires_in: z.number().optional() });

/**
 * The settings of the client that make its connections secure. A password is never sent unencrypted unless `tls` is false.
 * @throws AppError `config_invalid` naming the field of a certificate or key that cannot be read
 */
export function securityOf(access: KafkaAccess): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const { ca, cert, key, sasl } = access;
  if (!isEncrypted(access)) return sasl ? { sasl: saslOf(sasl) } : {};
  const ssl = {
    ...(ca === undefined ? {} : { ca: [pemOf(ca, 'bus.ca')] }),
    ...(cert === undefined ? {} : { cert: pemOf(cert, 'bus.cert') }),
    ...(key === undefined ? {} : { key: pemOf(key, 'bus.key') }),
  };
  return {
    ssl: Object.keys(ssl).length > 0 ? ssl : true,
    ...(sasl ? { sasl: saslOf(sasl) } : {}),
  };
}

const isEncrypted = ({ tls, ca, cert, sasl }: KafkaAccess): boolean =>
  tls ?? (ca !== undefined || cert !== undefined || sasl !== undefined);

function saslOf(sasl: NonNullable<KafkaAccess['sasl']>): SASLOptions {
  const { mechanism, username, password } = sasl;
  if (mechanism !== 'oauthbearer') return { mechanism, username, password } as SASLOptions;
  return { mechanism, oauthBearerProvider: tokensOf(sasl) };
}

/** Gives a token, the same one until shortly before it ends. */
function tokensOf({
  username,
  password,
  tokenUrl,
  scope,
}: NonNullable<KafkaAccess['sasl']>): () => Promise<{ value: string }> {
  let known: { value: string; until: number } | undefined;
  return async () => {
    if (known && Date.now() < known.until) return { value: known.value };
    const { host } = new URL(tokenUrl!);
    const as = (code: 'unauthorized' | 'unavailable', what: string, cause?: unknown) =>
      new AppError(code, `the server of tokens at ${host} ${what}`, { cause });
    const response = await fetch(tokenUrl!, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`${encodeURIComponent(username)}:${encodeURIComponent(password)}`).toString('base64')}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) }),
      signal: AbortSignal.timeout(TOKEN_MS),
    }).catch((cause: unknown) => {
      throw as('unavailable', 'cannot be reached', cause);
    });
    if (response.status >= 500) throw as('unavailable', `failed (${response.status})`);
    if (!response.ok) throw as('unauthorized', `gives no token (${response.status})`);
    const reply = tokenReply.safeParse(await response.json().catch(() => undefined));
    if (!reply.success) throw as('unavailable', 'gave no token in its reply');
    const { access_token: value, expires_in = 0 } = reply.data;
    known = { value, until: Date.now() + expires_in * SECOND - AHEAD_MS };
    return { value };
  };
}

/** What stands between us and the brokers, where no broker answers; undefined if nothing of this kind does. Never rejects. */
export type AccessFault = 'plain' | 'encrypted' | 'untrusted' | 'name' | 'expired';

/** @param brokers addresses as `host:port`; the first one that says something counts */
export async function accessFault(
  brokers: readonly string[],
  access: KafkaAccess,
): Promise<AccessFault | undefined> {
  const ca = access.ca === undefined ? undefined : pemOf(access.ca, 'bus.ca');
  for (const broker of brokers) {
    const place = placeOf(broker);
    if (isEncrypted(access)) {
      const fault = await certificateFault({ ...place, ...(ca === undefined ? {} : { ca }) });
      if (fault) return fault;
    } else if (await speaksTls(place)) return 'encrypted';
  }
  return undefined;
}

function placeOf(broker: string): Pick<TlsPlace, 'host' | 'port'> {
  const colon = broker.lastIndexOf(':');
  return colon < 0
    ? { host: broker, port: 9_092 }
    : { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) };
}
