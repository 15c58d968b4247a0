import { type CertificateFault, certificateFault, pemOf } from '../certificate.ts';

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

/** @throws AppError `config_invalid` when the file of the authority cannot be read, or is none */
export const authorityOf = (ca: string): string => pemOf(ca, 'logs.ca');

/** Why the certificate of the server is refused; undefined if it is accepted, or if there is none. Never rejects. */
export async function accessFault({
  url,
  ca,
  fingerprint,
}: ServerAccess): Promise<CertificateFault | undefined> {
  const { protocol, hostname: host, port } = new URL(url);
  if (protocol !== 'https:' || fingerprint !== undefined) return undefined;
  return certificateFault({
    host,
    port: Number(port || 443),
    ...(ca === undefined ? {} : { ca: authorityOf(ca) }),
  });
}
