/** Most records of one page or one batch of a scan. */
export const MAX_PAGE = 1_000;
/** Most values `counts` returns. */
export const MAX_COUNTS = 10_000;
/** Most buckets a histogram may have: Elasticsearch refuses more than 65,536, and each has one for its errors inside. */
export const MAX_BUCKETS = 30_000;
/** Most endpoints `requests` lists. */
export const MAX_ENDPOINTS = 100;
