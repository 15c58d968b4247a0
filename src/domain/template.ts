/** The constant part of a family of log messages; variables are written `<*>`. */
export interface Template {
  id: string;
  pattern: string;
  /** Lines seen so far. */
  count: number;
  /** Epoch milliseconds of the first and the latest line. */
  firstSeen: number;
  lastSeen: number;
}
