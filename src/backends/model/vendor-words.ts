import type { ModelFault } from '../../domain/question/model-fault.ts';

/**
 * What model servers say in words, where they give no code. Blanks, case and marks are taken out before, as one says
 * `ErrorOutOfDeviceMemory`, another `VK_ERROR_OUT_OF_DEVICE_MEMORY`, a third "out of device memory". The words are those
 * of Ollama (its runners, the older engine and the scheduler), llama.cpp with its backends for CUDA, ROCm, Metal, Vulkan
 * and SYCL, MLX and PyTorch.
 */
const plain = (said: string): string => said.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** Too little memory on the GPU or the machine. */
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
    // "requested model (40 GiB) is too large for this system (16 GiB)"
    'toolargefor\\p{L}{0,12}(?:system|machine|memory|gpu|device)',
    'pagingfile(?:is)?toosmall',
    'loadmodelwithoutmemory',
    'storedinkvcache|cacheblocks',
  ].join('|'),
  'u',
);

/** The process that runs the model ended, or did not start. The reason may be too little memory, without saying so. */
const CRASHED = new RegExp(
  [
    'resourcelimitations',
    'process(?:hasterminated|nolongerrunning)|process\\w*died',
    'unexpectedlystopped|unexpectedeof',
    'runner(?:failed|exited|crashed)|(?:failedto|unableto|error)start(?:ing)?\\p{L}{0,12}runner',
    'errorwasencounteredwhilerunning|readingllmresponse|llmserver(?:error|notresponding)',
    // The server asked its own process on the same machine, which is gone: `POST predict: Post "http://127.0.0.1:4321/completion": EOF`.
    '(?:127001|localhost)[\\p{L}\\p{N}]{0,60}(?:eof|connectionre(?:set|fused)|forciblyclosed|brokenpipe)',
    'errorloadingmodel|(?:failed|unable)toload(?:the)?(?:llm|model)|(?:cannot|couldnot)load(?:the)?model|modelfailedtoload',
    '(?:failedto|unableto)create(?:llama)?context|newcontextwithmodelfailed',
    'signalkilled|sigkill|exitstatus',
    'enginecore(?:died|encountered|dead)|enginedead',
    'memoryaccessfault|cudaerror|rocmerror|hiperror|ggmlassert|cublasstatus',
  ].join('|'),
  'u',
);

/** A crash that fewer layers cannot help. */
const INCOMPATIBLE =
  /incompatible|unknownmodelarchitecture|unsupported(?:model|format|architecture)|invalidmagic|notsupportedby|missingtensor|nosuchfile/;

/** The question is longer than what the model holds. */
const TOO_LONG =
  /context(?:length|size|window)|maximum(?:model|input|context|prompt)?length|(?:prompt|input|request)(?:is)?toolong|maxmodellen|maxlength|toomanytokens|reducethelength|exceeds?(?:the)?(?:available)?context/;

/** The account has no money or quota left; servers have many words for it. */
const QUOTA =
  /insufficient(?:quota|balance|credit|fund)|(?:creditbalance|billing(?:hardlimit|notactive)|outofcredit|quotaexhausted|usagelimit|spend(?:ing)?limit|arrearage|goodstanding)|freetier\p{L}{0,24}exhausted/u;

/** A limit per minute that one question alone exceeds: waiting does not help. */
const TOO_MUCH_AT_ONCE = /(?:request|prompt|input)(?:is)?toolarge/;

/** What some servers say in words where others give a status; most specific first. */
const REFUSED: [ModelFault, RegExp][] = [
  [
    'key',
    /(?:invalid|incorrect|wrong|bad|missing|expired)apikey|apikey(?:is)?(?:notvalid|invalid|incorrect|missing|expired)|authenticationerror|invalidauthentication|unauthori[sz]ed/,
  ],
  ['forbidden', /permission(?:denied|error)|accessdenied/],
  [
    'missing',
    /model[\p{L}\p{N}]{0,80}(?:doesnotexist|notfound|notexist)|notavalidmodel|(?:invalid|nosuch)model(?:id|name)|nomodels?loaded/u,
  ],
  ['limited', /ratelimit|toomanyrequests|resourceexhausted/],
  ['busy', /overloaded|(?:at|over)capacity/],
];

/** The process that runs the model did not start in the time that its server gives it. */
const SLOW_START = /(?:timedout|timeout)waiting/;

/** The fault that the server's words describe; undefined if they describe none. */
function saidFault(said: string): ModelFault | undefined {
  const words = plain(said);
  if (NO_MEMORY.test(words)) return 'gpu_memory';
  if (TOO_LONG.test(words)) return 'context';
  if (SLOW_START.test(words)) return 'timeout';
  if (CRASHED.test(words)) return 'crashed';
  return undefined;
}

/** Whether a crash may come from too little memory, so that fewer layers on the GPU are worth a try. */
export const mayBeMemory = (said: string): boolean => !INCOMPATIBLE.test(plain(said));

const BY_STATUS: Partial<Record<number, ModelFault>> = {
  401: 'key',
  402: 'quota',
  403: 'forbidden',
  404: 'missing',
  408: 'timeout',
  413: 'context',
  429: 'limited',
  504: 'timeout',
  // Of a proxy before the server (Cloudflare), about the way to it.
  521: 'refused',
  522: 'unreachable',
  523: 'unreachable',
  524: 'timeout',
  525: 'tls',
  526: 'tls',
  530: 'unknown_host',
};

/**
 * The fault of a refusal, by its status, then by what the server says.
 * @param status undefined for an error within an answer that was under way
 * @param said code, type and message, as far as the server gives them
 */
export function refusalFault(status: number | undefined, said: string): ModelFault {
  const words = plain(said);
  const ours = status === undefined || status < 500;
  if (ours && QUOTA.test(words)) return 'quota';
  if (status === 429 && TOO_MUCH_AT_ONCE.test(words)) return 'context';
  const known = status === undefined ? undefined : BY_STATUS[status];
  if (known) return known;
  const told = saidFault(said) ?? (ours ? REFUSED.find(([, form]) => form.test(words))?.[0] : undefined);
  if (told) return told;
  if (status === 503 || status === 529) return 'busy';
  return status === undefined || status >= 500 || status === 409 ? 'broken' : 'rejected';
}

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

/** The fault of a connection, by the system's error code somewhere in the chain of causes. */
export function networkFault(error: unknown): ModelFault {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    // IPv4 and IPv6 were both tried: each has its error.
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
