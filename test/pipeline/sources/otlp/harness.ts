import type { LogsRequest } from '../../../../src/pipeline/otlp/protocol.ts';

/** A request of so many records. */
export const logsRequest = (records: number, text: string): LogsRequest => ({
  resourceLogs: [
    {
      scopeLogs: [
        {
          logRecords: Array.from({ length: records }, (_, n) => ({
            timeUnixNano: `${1_767_225_600_000 + n}000000`,
            body: { stringValue: `${n} ${text}` },
          })),
        },
      ],
    },
  ],
});
