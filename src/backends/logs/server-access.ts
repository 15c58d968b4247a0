import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { AppError } from '../../domain/errors.ts';
import type { CertificateFault } from './foreign/foreign-index.ts';

/** How a search server is reached. */
export interface ServerAccess {
  /** May carry a user and a password. */
  url: string;
  /** Instead of a user and a password. */
  apiKey?: string | undefined;
  /** The certificate authority of the server where the system does not know it: PEM text, or the path of a file with it. */
  ca?: string | undefined;
  /** SHA-256 of that authority's certificate, in hex, instead of `ca`. */
  fingerprint?: string | undefined;
}

/** The server, as shown to people: without a password. */
export const placeOf = ({ url }: ServerAccess): string => new URL(url).host;

/**
 * The text of a certificate authority.
 * @param ca PEM text, or the path of a file with it
 * @throws AppError `config_invalid` when there is no such file, or no certificate in it
 */
export function authorityOf(ca: string): string {
  if (ca.includes(BEGIN)) return ca;
  let text: string;
  try {
    text = readFileSync(ca, 'utf8');
  } catch (cause) {
    throw new AppError('config_invalid', `logs.ca: ${ca} cannot be read`, { cause });
  }
  if (!text.includes(BEGIN)) throw new AppError('config_invalid', `logs.ca: no PEM certificate in ${ca}`);
  return text;
}

const BEGIN = '-----BEGIN ';
const PROBE_MS = 2_000;

/** Codes of Node and OpenSSL, https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const FAULTS: Record<string, CertificateFault> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'name',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'expired',
  ERR_SSL_WRONG_VERSION_NUMBER: 'plain',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'plain',
};

/**
 * Why a server's certificate is refused. The clients only pass on a sentence, so the handshake is made once more.
 * @returns undefined if it is accepted, if the server is not there, or if the address is not encrypted
 */
export function certificateFault({
  url,
  ca,
  fingerprint,
}: ServerAccess): Promise<CertificateFault | undefined> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:' || fingerprint !== undefined) return Promise.resolve(undefined);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      servername: /^[\d.]+$|:/.test(host) ? '' : host,
      ...(ca === undefined ? {} : { ca: authorityOf(ca) }),
    });
    const end = (fault?: CertificateFault): void => {
      socket.destroy();
      resolve(fault);
    };
    socket.setTimeout(PROBE_MS, () => end());
    socket.once('secureConnect', () => end());
    socket.once('error', (error: NodeJS.ErrnoException) => end(FAULTS[error.code ?? '']));
  });
}
