import { z } from 'zod';

const host = z.string().min(1).default('127.0.0.1');
const portOr = (standard: number) => z.int().min(0).max(65_535).default(standard);

/** Files of a listener that speaks TLS; with `ca`, senders must show a certificate it signed. */
const tls = z.strictObject({
  cert: z.string().min(1),
  key: z.string().min(1),
  ca: z.string().min(1).optional(),
});

/** What is collected beside Kafka's topic; everything is off unless its section is there. */
export const collectSection = z
  .strictObject({
    /** RFC 3164 and RFC 5424. */
    syslog: z
      .strictObject({
        udp: z.strictObject({ host, port: portOr(5514) }).optional(),
        tcp: z.strictObject({ host, port: portOr(5514) }).optional(),
        tls: tls.extend({ host, port: portOr(6514) }).optional(),
      })
      .optional(),
    /** Lumberjack v2: Filebeat, Winlogbeat, Logstash. */
    beats: z.strictObject({ host, port: portOr(5044), tls: tls.optional() }).optional(),
    /** OpenTelemetry logs; HTTP takes protobuf and JSON. */
    otlp: z
      .strictObject({
        grpc: z.strictObject({ host, port: portOr(4317), tls: tls.optional() }).optional(),
        http: z.strictObject({ host, port: portOr(4318), tls: tls.optional() }).optional(),
      })
      .optional(),
    /** Paths and globs of files that are followed, over rotation and restarts. */
    files: z.array(z.string().min(1)).default([]),
    limits: z
      .strictObject({
        /** Connections of one listener at the same time. */
        connections: z.int().positive().default(500),
        /** Longest single message in bytes; a request of many may have sixteen times as much. */
        messageBytes: z.int().min(1_024).max(16_777_216).default(1_048_576),
        /** Bytes of all that was received or unpacked and is not stored yet, over all listeners; beyond, reading waits. */
        waitingBytes: z.int().min(1_048_576).default(67_108_864),
        /** Lines per second of one sender (address); beyond, it is slowed down, or refused where it cannot be. */
        linesPerSecond: z.int().positive().default(50_000),
      })
      .prefault({}),
  })
  .prefault({});
