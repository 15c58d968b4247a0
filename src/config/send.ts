import { z } from 'zod';

/** Where anomalies are sent on to, beside the topic of anomalies; everything is off unless its section is there. */
export const sendSection = z
  .strictObject({
    /** RFC 5424 with octet counting, over TCP or TLS. */
    syslog: z
      .strictObject({
        host: z.string().min(1),
        port: z.int().min(1).max(65_535).default(6514),
        tls: z.boolean().default(false),
        /** File with the certificate authority of the server, where the system does not know it. */
        ca: z.string().min(1).optional(),
      })
      .optional(),
    mqtt: z
      .strictObject({
        url: z.url({ protocol: /^(?:mqtts?|wss?)$/, error: 'must be an address such as mqtt://host:1883' }),
        topic: z.string().min(1).default('bongsu/anomalies'),
        username: z.string().optional(),
        /** Only from the environment (`MQTT_PASSWORD`). */
        password: z.string().optional(),
      })
      .optional(),
    /** An OpenTelemetry collector; `grpc` asks for `http://host:4317`, the others for `http://host:4318/v1/logs`. */
    otlp: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }),
        protocol: z.enum(['grpc', 'http/protobuf', 'http/json']).default('http/protobuf'),
      })
      .optional(),
    /** Anomalies kept for a receiver that is away; the oldest is dropped, counted and shown beyond that. */
    buffer: z.int().positive().default(10_000),
  })
  .prefault({});
