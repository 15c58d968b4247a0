/** Wall time (epoch ms) that never goes back while the process lives, whatever is done to the machine's clock. */
export interface Clock {
  now(): number;
  /** How far the machine's clock is behind what it said before, in ms; 0 when it only went forward. */
  behindMs(): number;
}

/**
 * Goes with the machine's clock when that goes forward and with the time since the start of the process when it is set
 * back: what was to be sent in a second is not sent an hour and a second later.
 */
export function createClock(): Clock {
  let start = Date.now() - performance.now();
  let behind = 0;
  const now = (): number => {
    const steady = start + performance.now();
    const wall = Date.now();
    behind = Math.max(0, steady - wall);
    if (wall > steady) start += wall - steady;
    return Math.round(Math.max(wall, steady));
  };
  return {
    now,
    behindMs() {
      now();
      return behind;
    },
  };
}
