import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { AppError } from '../domain/errors.ts';

const BEGIN = '-----BEGIN ';
const PROBE_MS = 2_000;

/** What is wrong with the certificate that a server shows; `plain`: it speaks no TLS. */
export type CertificateFault = 'untrusted' | 'name' | 'expired' | 'plain';

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
 * The text of a certificate or a key.
 * @param pem PEM text, or the path of a file with it
 * @param field of the configuration, for errors
 * @throws AppError `config_invalid` naming the field when there is no such file, or no PEM in it
 */
export function pemOf(pem: string, field: string): string {
  if (pem.includes(BEGIN)) return pem;
  let text: string;
  try {
    text = readFileSync(pem, 'utf8');
  } catch (cause) {
    throw new AppError('config_invalid', `${field}: ${pem} cannot be read`, { cause });
  }
  if (!text.includes(BEGIN)) throw new AppError('config_invalid', `${field}: no PEM in ${pem}`);
  return text;
}

/** A server that is reached by TLS. */
export interface TlsPlace {
  host: string;
  port: number;
  /** PEM text of the authority where the system does not know it. */
  ca?: string;
}

/**
 * Makes a handshake to find out why a server's certificate is refused: the clients of vendors only pass on a sentence.
 * @returns undefined if it is accepted, or if the server is not there; `plain` if it speaks no TLS. Never rejects.
 */
export function certificateFault({ host, port, ca }: TlsPlace): Promise<CertificateFault | undefined> {
  return handshake({ host, port, ...(ca === undefined ? {} : { ca }) }).then(({ fault }) => fault);
}

/** Whether a server speaks TLS, whatever certificate it shows. Never rejects. */
export const speaksTls = (place: Pick<TlsPlace, 'host' | 'port'>): Promise<boolean> =>
  handshake(place).then(({ fault, done }) => done || (fault !== undefined && fault !== 'plain'));

function handshake(place: TlsPlace): Promise<{ done: boolean; fault?: CertificateFault }> {
  const host = place.host.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    // An address may not stand as the name of a server.
    const servername = /^[\d.]+$|:/.test(host) ? '' : host;
    const socket = connect({ ...place, host, servername });
    const end = (done: boolean, fault?: CertificateFault): void => {
      socket.destroy();
      resolve({ done, ...(fault ? { fault } : {}) });
    };
    // A server of another protocol may hang up on what it does not understand.
    let connected = false;
    socket.once('connect', () => {
      connected = true;
    });
    socket.setTimeout(PROBE_MS, () => end(false));
    socket.once('secureConnect', () => end(true));
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) =>
      end(false, FAULTS[code] ?? (connected && code === 'ECONNRESET' ? 'plain' : undefined)),
    );
  });
}
