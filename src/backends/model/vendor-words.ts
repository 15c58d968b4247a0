import type { ModelFault } from '../../domain/model-fault.ts';

/**
 * What model servers say in words, where they give no code. They are read without blanks, case and marks, since one
 * says `ErrorOutOfDeviceMemory`, another `VK_ERROR_OUT_OF_DEVICE_MEMORY`, a third "out of device memory". The forms
 * are those of Ollama (its runners, the older engine and the scheduler), llama.cpp with its backends for CUDA, ROCm,
 * Metal, Vulkan and SYCL, MLX and PyTorch.
 */
const plain = (said: string): string => said.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** Too little memory, of the GPU or of the machine. */
const NO_MEMORY = new RegExp(
  [
    'outof(?:\\p{L}{0,12})memory',
    '(?:not|without)enough\\p{L}{0,12}memory',
    'insufficient\\p{L}{0,12}(?:memory|vram|resources)',
    'noavailable\\p{L}{0,6}memory',
    '(?:not|failedto|cannot|doesnt)fit\\p{L}{0,24}memory',
    'exceeds?\\p{L}{0,24}(?:memory|vram)',
    // "model requires more system memory (5.1 GiB) than is available", and of MLX "requires 9 GiB but only 4 GiB are available"
    'requiresmore\\p{L}{0,12}memory',
    'requires[\\p{L}\\p{N}]{1,16}butonly[\\p{L}\\p{N}]{1,16}(?:is|are)available',
    '(?:failed|unable|impossible)to(?:re)?alloc',
    '(?:cannot|couldnot|cant)(?:be)?(?:re)?alloc',
    'alloc(?:ation)?(?:of\\p{L}{0,16}\\p{N}*\\p{L}{0,8})?failed',
    'malloc\\p{L}{0,6}failed',
    'badalloc',
    '(?:failed|unable)tocommitmemory',
    'memorylayoutcannot',
    'unabletoload(?:full)?modelongpu',
    'loadmodelwithoutmemory',
    'storedinkvcache|cacheblocks',
  ].join('|'),
  'u',
);

/** The process that runs the model ended, or did not come up. It may be for lack of memory, and nobody says. */
const CRASHED =
  /resourcelimitations|process(?:hasterminated|nolongerrunning)|unexpectedlystopped|runner(?:failed|exited|crashed)|errorwasencounteredwhilerunning|errorloadingmodel|(?:failed|unable)toload(?:the)?(?:llm|model)|(?:cannot|couldnot)load(?:the)?model|modelfailedtoload|failedtocreate(?:llama)?context|unabletocreate(?:llama)?context|unexpectedeof|signalkilled|sigkill|exitstatus|enginecore(?:died|encountered|dead)|enginedead|process\w*died|memoryaccessfault|cudaerror|rocmerror|hiperror|ggmlassert|cublasstatus/;

/** A crash that fewer layers cannot help. */
const INCOMPATIBLE =
  /incompatible|unknownmodelarchitecture|unsupported(?:model|format|architecture)|invalidmagic|notsupportedby|missingtensor|nosuchfile/;

/** The question is longer than what the model holds. */
const TOO_LONG =
  /context(?:length|size|window)|maximum(?:model|input|context|prompt)?length|(?:prompt|input|request)(?:is)?toolong|maxmodellen|toomanytokens|reducethelength|exceeds?(?:the)?(?:available)?context/;

const QUOTA =
  /insufficient(?:quota|balance|credit|fund)|creditbalance|billing(?:hardlimit|notactive)|outofcredit|quotaexhausted/;

/** The process that runs the model did not come up in the time its server gives it. */
const SLOW_START = /(?:timedout|timeout)waiting/;

/** What a server's own words tell of a failure; undefined where they tell nothing. */
export function saidFault(said: string): ModelFault | undefined {
  const words = plain(said);
  if (NO_MEMORY.test(words)) return 'gpu_memory';
  if (TOO_LONG.test(words)) return 'context';
  if (SLOW_START.test(words)) return 'timeout';
  if (CRASHED.test(words)) return 'crashed';
  return undefined;
}

/** Whether a crash may be one for lack of memory, so that fewer layers on the GPU are worth a try. */
export const mayBeMemory = (said: string): boolean => !INCOMPATIBLE.test(plain(said));

/** Whether the account behind the key has nothing left, by code, type and message of the server. */
export const saysQuotaSpent = (said: string): boolean => QUOTA.test(plain(said));

const TLS =
  /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)|DEPTH_ZERO_SELF|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/;
const BY_SYSTEM_CODE: Record<string, ModelFault> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown_host',
  EAI_AGAIN: 'unknown_host',
  ECONNRESET: 'cut',
  EPIPE: 'cut',
  UND_ERR_SOCKET: 'cut',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
};

/** What went wrong with the connection, by the system's error code somewhere in the chain of causes. */
export function networkFault(error: unknown): ModelFault {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    // Both families of addresses were tried: each has its error.
    const tried = at instanceof AggregateError ? [at, ...(at.errors as unknown[])] : [at];
    for (const one of tried) {
      const { code } = one as { code?: unknown };
      if (typeof code !== 'string') continue;
      if (TLS.test(code)) return 'tls';
      const known = BY_SYSTEM_CODE[code];
      if (known) return known;
    }
  }
  return 'unreachable';
}
