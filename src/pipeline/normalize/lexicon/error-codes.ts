/** errno names as they occur in logs. */
export const ERRNO_NAMES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'EPIPE',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'ENOENT',
  'EEXIST',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EIO',
  'EBUSY',
  'EAGAIN',
  'EINTR',
  'EINVAL',
  'ENOTDIR',
  'EISDIR',
  'ENOTEMPTY',
  'EFBIG',
  'EMSGSIZE',
  'EDEADLK',
  'ENOTCONN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPROTO',
];

/** What a vendor's code begins with: `ORA-00942`. */
export const VENDOR_PREFIXES = ['ORA', 'DB2', 'PLS', 'SQL', 'TNS', 'CVE', 'HRESULT', 'MY', 'IMP'];

/** Values of a key for error codes that say there was no error, in lower case. */
export const NO_ERROR_CODES: ReadonlySet<string> = new Set([
  '0',
  'ok',
  'none',
  'null',
  'nil',
  'false',
  'true',
]);
