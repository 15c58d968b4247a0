import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { LANGUAGES, type Language } from '../domain/question/question.ts';
import { invalid, sendProblem } from './problem.ts';

/** A report as it is sent. `styleHash` is the hash of the only style that its page may have (CSP). */
interface ReportFile {
  html: string;
  styleHash: string;
  json: unknown;
}
export type FindReport = (id: string, language: Language) => Promise<ReportFile | undefined>;

const params = z.object({ file: z.string().regex(/^[\w-]{1,100}(?:\.json|\.html)?$/) });
const query = z.object({ language: z.enum(LANGUAGES).optional(), download: z.string().optional() });

/** `GET /reports/<job id>[.html|.json]`: the report of a heavy analysis; `?download` saves it as a file. */
export function addReportRoutes(app: FastifyInstance, deps: { find: FindReport; language: Language }): void {
  app.get('/reports/:file', { config: { access: 'viewer' } }, async (request, reply) => {
    const named = params.safeParse(request.params);
    const asked = query.safeParse(request.query);
    if (!named.success) return sendProblem(reply, invalid(named.error));
    if (!asked.success) return sendProblem(reply, invalid(asked.error));
    const [, id, kind = 'html'] = /^([\w-]+?)(?:\.(json|html))?$/.exec(named.data.file)!;
    const found = await deps.find(id!, asked.data.language ?? deps.language);
    if (!found) throw new AppError('not_found', 'There is no such report, or it is not kept any more.');
    reply.header('cache-control', 'private, no-store');
    if (asked.data.download !== undefined)
      reply.header('content-disposition', `attachment; filename="bongsu-${id}.${kind}"`);
    if (kind === 'json')
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(found.json));
    return reply
      .header(
        'content-security-policy',
        `default-src 'none'; style-src '${found.styleHash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      )
      .type('text/html; charset=utf-8')
      .send(found.html);
  });
}
