const V4 = String.raw`(?:\d{1,3}\.){3}\d{1,3}`;
const V6 = '[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}';

/** An address with its port, as `plainAddresses` writes it: host in group 1 (IPv6 in brackets), port in group 2. */
export const ADDRESS_PORT = new RegExp(String.raw`(?<![\d.])(${V4}|\[${V6}\]):(\d{2,5})\b`, 'gi');

/** What may be between a host and its port if they are apart. */
const BETWEEN = `['"]?(?:,| and accepting TCP/IP connections on)? ?port[ :=]{1,2}`;
/**
 * `host='10.0.0.5', port=5432`, `10.0.0.5 port 5432`, `('10.0.0.5', 5432)`. Without brackets IPv6 needs a word before it,
 * since a time of day looks like its short form.
 */
const APART = [
  new RegExp(String.raw`(?<![\d.])(${V4})${BETWEEN}(\d{2,5})\b`, 'gi'),
  new RegExp(
    String.raw`\b(?:host(?:name)?|addr(?:ess)?|ip|server at)[ :=]{1,2}['"]?\[?(${V6})\]?${BETWEEN}(\d{2,5})\b`,
    'gi',
  ),
  new RegExp(String.raw`\(['"]\[?(${V4}|${V6})\]?['"], ?(\d{2,5})(?:, ?\d+){0,2}\)`, 'gi'),
  // If a port always follows: Node's error codes.
  new RegExp(
    String.raw`(?<=\b(?:econn[a-z]{2,12}|etimedout|ehostunreach|enetunreach) )(${V6}):(\d{2,5})\b`,
    'gi',
  ),
];

/** The same text with every address and its port in one form: `10.0.0.5:5432`, `[fd00::5]:5432`. */
export function plainAddresses(text: string): string {
  let out = text.replaceAll(/%5B([0-9a-f:]{2,39})%5D(?=:\d)/gi, '[$1]');
  for (const form of APART)
    out = out.replaceAll(form, (_, host: string, port: string) =>
      host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    );
  return out;
}
