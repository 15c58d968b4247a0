/** What became of a file, where that is not simply that it was read. */
export interface FileNote {
  path: string;
  /**
   * `empty`: no line in it. `undated`: no line has a time. `encoding`: it is not UTF-8, and was read as `detail`. `binary`: it is
   * no text, and was left out.
   */
  what: 'empty' | 'undated' | 'encoding' | 'binary';
  lines?: number;
  detail?: string;
}

/** What reading files or pasted text gave, before anything is said about what is wrong in it. */
export interface ReadReport {
  /** 0 for pasted text. */
  files: number;
  lines: number;
  /** Epoch milliseconds; absent where no line has a time. */
  extent?: { from: number; to: number };
  /** Those with the most lines first. */
  services: string[];
  /** Lines with the level error or fatal. */
  errors?: number;
  notes: FileNote[];
}
