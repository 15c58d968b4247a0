import { AppError, ERROR_CODES, ERRORS } from '../../src/domain/errors.ts';
import { problemOf } from '../../src/web/problem.ts';
import { NOTE, table } from './markdown.ts';

/** docs/errors.md: the catalogue of error codes. */
export function errorsPage(): string {
  const rows = ERROR_CODES.map((name) => [
    `\`${name}\``,
    ERRORS[name].meaning,
    ERRORS[name].retryable ? 'yes' : 'no',
    String(problemOf(new AppError(name, '')).status),
    ERRORS[name].remedy,
  ]);
  return `# Error codes
${NOTE}

Every error of Bongsu has one of these codes (\`src/domain/errors.ts\`). It stands in the log with the error, and in the problem that the
HTTP API answers as \`code\` and in its \`type\` (\`urn:bongsu:error:CODE\`). "Again" says whether the same thing may work when it is
tried again unchanged; an adapter that knows better says so for the single error. "HTTP" is the status of the answer.

${table(['code', 'meaning', 'again', 'HTTP', 'what to do'], rows)}
`;
}
