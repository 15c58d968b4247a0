import { type DestinationStream, type Logger, pino } from 'pino';
import { visibleJson } from './domain/text/visible.ts';

/** The program's own log: structured, on stderr (stdout belongs to command output), with secrets removed. */
export type Log = Logger;

const SECRET = [
  'token',
  'botToken',
  'appToken',
  'signingSecret',
  'apiKey',
  'authorization',
  'password',
  'secret',
  'cookie',
];

/** Text forms of secrets that vendor errors may carry: key prefixes of known vendors, bearer headers, passwords in URLs. */
const SECRET_TEXT =
  /\b(?:sk-[\w-]{8,}|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|Bearer\s+[\w.~+/-]{8,}=*|Bot\s+[\w-]{20,}\.[\w-]+\.[\w-]+)|(?<=:\/\/[^\s:@/]{0,64}:)[^\s/]+(?=@)/g;

/** Replaces what looks like a credential in text that goes to a log, an error or a person. */
export const redact = (text: string): string => text.replace(SECRET_TEXT, '[redacted]');

/** @param destination for tests; stderr by default. */
export function createLog(level: string, destination: DestinationStream = pino.destination(2)): Log {
  return pino(
    {
      level,
      base: undefined,
      // It is JSON, but read on terminals too: what one would obey is escaped.
      hooks: { streamWrite: visibleJson },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
      serializers: {
        // Vendor errors carry whole requests (headers, keys): only these fields are kept.
        err: (error: unknown) => {
          if (!(error instanceof Error)) return redact(String(error));
          const { code } = error as { code?: unknown };
          return {
            type: error.name,
            ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
            message: redact(error.message),
            stack: redact(error.stack ?? ''),
            ...(error.cause instanceof Error
              ? { cause: redact(`${error.cause.name}: ${error.cause.message}`) }
              : {}),
          };
        },
      },
    },
    destination,
  );
}
