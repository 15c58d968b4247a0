import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** Bytes or lines: how many are done, and how many there are. */
  update(done: number, total: number): void;
  stop(): void;
}

const MEBI = 1_048_576;

/** A bar on stderr for long work. When stderr is not a terminal it writes nothing, so that pipes stay clean. */
export function progressBar(label: string, unit: 'MiB' | 'lines' = 'MiB'): Progress {
  if (!process.stderr.isTTY) return { update() {}, stop() {} };
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage}% {value}/{total} ${unit}, {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total) {
      const shown = (amount: number) => (unit === 'lines' ? amount : Math.round((amount / MEBI) * 10) / 10);
      if (!started) bar.start(shown(total), 0);
      started = true;
      bar.setTotal(shown(Math.max(total, done)));
      bar.update(shown(done));
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
