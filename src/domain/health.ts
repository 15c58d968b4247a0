/** What a backend says of itself; `/health` and `bongsu doctor` show it unchanged. */
export interface Health {
  ok: boolean;
  /** Which adapter, e.g. `kafka`, `sqlite`. */
  kind: string;
  /** One line for people: where it is, how full it is, or what is wrong. Never a secret. */
  detail: string;
  /** What a person can do when `ok` is false. */
  mend?: string;
}
