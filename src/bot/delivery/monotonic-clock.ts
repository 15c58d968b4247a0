/** The time (epoch ms), which never goes back in this process, also when somebody sets the machine's clock back. */
export interface Clock {
  now(): number;
  /** How far the machine's clock was set back, in ms; 0 when it only went forward. */
  behindMs(): number;
}

/**
 * Follows the machine's clock forward. When that is set back, it counts on by the time since the start of the process: a
 * message that was due in one second is not sent an hour and a second later.
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
