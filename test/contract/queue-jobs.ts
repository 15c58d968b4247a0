import type { Queue } from '../../src/backends/queue/queue.ts';
import type { AnalysisReport, JobState, JobStatus, Jobs } from '../../src/domain/job/job.ts';
import { createLog } from '../../src/log.ts';

export const payload: Jobs['analyze']['payload'] = {
  window: { from: 1_000, to: 2_000 },
  services: ['결제'],
  language: 'ko',
  text: '왜 느린가요?',
  replyTo: { chat: 'console', channel: 'c', thread: 't' },
};
export const report: AnalysisReport = {
  answer: {
    anomaly_status: 'critical',
    confidence: 0.9,
    detected_issues: ['pool exhausted'],
    explanation: '풀이 고갈되었습니다',
    statements: [],
    error_type: 'SQLSTATE 53300',
    root_cause: 'db',
    solution: '',
    severity: 5,
    sentiment: 'negative',
    summary: '',
    verdict: 'likely',
    causes: [],
    ruled_out: [],
    evidence: [],
    model: 'none',
    tokens: { prompt: 0, completion: 0 },
    usd: 0,
    cached: false,
    duration_ms: 1,
  },
  records: 3,
  templates: 2,
  window: { from: 1_000, to: 2_000 },
  series: [{ at: 1_000, total: 3, errors: 1 }],
  top: [],
};

export const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');
/** Short, so that the job of a killed worker is taken over soon. */
export const tuning = { lockMs: 1_500, retryMs: 20 };

/** Every change of every job, and a way to wait for one. */
export async function watching(queue: Queue) {
  const seen: JobStatus[] = [];
  let wake = (): void => {};
  const subscription = await queue.watch((job) => {
    seen.push(job);
    wake();
  });
  return {
    seen,
    states: (id: string): JobState[] => seen.filter((job) => job.id === id).map((job) => job.state),
    async until(id: string, state: JobState): Promise<JobStatus> {
      for (;;) {
        const found = seen.find((job) => job.id === id && job.state === state);
        if (found) return found;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose](),
  };
}
