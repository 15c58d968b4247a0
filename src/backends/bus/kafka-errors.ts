import { AppError } from '../../domain/errors.ts';

/** The innermost cause of an error of kafkajs, which wraps what the broker said. */
export function root(error: unknown): { name?: string; type?: string; code?: unknown; message: string } {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner : { message: String(inner) };
}

const UNAUTHORIZED = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
]);
const UNKNOWN_CALLER = new Set([
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
  'SASL_AUTHENTICATION_FAILED',
]);
/** The broker itself cannot read or pass on the message. */
const UNDECODABLE = new Set(['CORRUPT_MESSAGE', 'UNSUPPORTED_COMPRESSION_TYPE']);
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** An error of kafkajs as an AppError, by its type; any other one means that no broker served us. */
export function translate(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { name, type, message } = root(error);
  if (type && TOO_LARGE.has(type)) return new AppError('too_large', message, { cause: error });
  if (type && UNDECODABLE.has(type)) return new AppError('undecodable', message, { cause: error });
  if (type && UNAUTHORIZED.has(type)) return new AppError('forbidden', message, { cause: error });
  if (name === 'KafkaJSSASLAuthenticationError' || (type && UNKNOWN_CALLER.has(type)))
    return new AppError('unauthorized', message, { cause: error });
  if (name === 'KafkaJSRequestTimeoutError' || type === 'REQUEST_TIMED_OUT')
    return new AppError('timeout', message, { cause: error });
  return new AppError('unavailable', message, { cause: error });
}
