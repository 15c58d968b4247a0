import { type DestinationStream, type Logger, pino } from 'pino';
import { visibleJson } from './domain/text/visible.ts';

/** The program's own log: JSON lines on stderr (stdout is for the output of commands), with secrets removed. */
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

/** Secrets as they may occur in errors of vendors: keys with a known prefix, bearer headers, passwords in URLs. */
const SECRET_TEXT =
  /\b(?:sk-[\w-]{8,}|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|Bearer\s+[\w.~+/-]{8,}=*|Bot\s+[\w-]{20,}\.[\w-]+\.[\w-]+)|(?<=:\/\/[^\s:@/]{0,64}:)[^\s/]+(?=@)/g;

/** Replaces text that looks like a credential. For text that goes to a log, an error or a person. */
export const redact = (text: string): string => text.replace(SECRET_TEXT, '[redacted]');

/** @param destination for tests; stderr by default. */
export function createLog(level: string, destination: DestinationStream = pino.destination(2)): Log {
  return pino(
    {
      level,
      base: undefined,
      // People read the log on terminals: control sequences, which a terminal would obey, are escaped.
      hooks: { streamWrite: visibleJson },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
      serializers: {
        // Errors of vendors contain whole requests (headers, keys): only these fields are logged.
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
