import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** Bytes done and in all. */
  update(done: number, total: number): void;
  stop(): void;
}

const MEBI = 1_048_576;

/** A bar on stderr for long work over bytes; silent when stderr is not a terminal, so that pipes stay clean. */
export function progressBar(label: string): Progress {
  if (!process.stderr.isTTY) return { update() {}, stop() {} };
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage}% {value}/{total} MiB, {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total) {
      const mebibytes = (bytes: number) => Math.round((bytes / MEBI) * 10) / 10;
      if (!started) bar.start(mebibytes(total), 0);
      started = true;
      bar.setTotal(mebibytes(Math.max(total, done)));
      bar.update(mebibytes(done));
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
