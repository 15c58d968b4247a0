import { checkClaim } from '../verify/check.ts';
import type { Claim } from '../verify/claim.ts';
import { before, isToldOtherwise, occurrences, type Scene, sinceBegin } from '../verify/occurrences.ts';
import type { MessageSubject, ServiceSubject } from '../verify/subjects.ts';
import type { Finding, Told } from '../verify/told.ts';

/** Rows and names in one sentence. */
const ROWS = 6;
const SHARES = 2;
const UNAFFECTED = 6;
const RISES = 2;
/** A rise below this factor is told nowhere. */
const CLEAR = 2;

/**
 * What code itself says about the logs beside the cause, by the same checks as the claims of a model: in which order services began
 * to fail, since when, which requests fail, who goes on as usual.
 */
export async function ownFindings(scene: Scene): Promise<Told[]> {
  const { course, rises } = await courseOf(scene);
  const since = await firstSince(scene, course);
  return [
    ...(course.rows.length > 1 ? [{ finding: course, lines: course.begins }] : []),
    ...(since ? [since] : []),
    ...rises,
    ...(await failingRequests(scene)),
    ...(await unaffected(scene)),
  ].map(({ finding, lines }): Told => ({ finding, lines }));
}

type Course = Extract<Finding, { type: 'course' }> & { begins: Told['lines'] };

const subjects = <S extends 'service' | 'message' | 'requests'>({ subjects }: Scene, sort: S) =>
  [...subjects.values()].filter((subject) => subject.sort === sort) as Extract<
    MessageSubject | ServiceSubject | { id: string; sort: 'requests'; endpoint: string },
    { sort: S }
  >[];

const check = (scene: Scene, type: Claim['type'], of: string): Promise<Told | undefined> =>
  checkClaim(scene, { type, of, than: '' });

/**
 * Of each service the message that is new or more than before with the most lines: the new ones in the order in which they began,
 * and the others as rises, since those did not begin in the window.
 */
async function courseOf(scene: Scene): Promise<{ course: Course; rises: Told[] }> {
  const best = new Map<string, { of: MessageSubject; count: number; first: Told['lines'][number] }>();
  const risen = new Map<string, Told>();
  for (const of of subjects(scene, 'message')) {
    const found = await occurrences(scene, of, scene.evidence.span.window);
    if (!found || (best.get(of.service)?.count ?? 0) >= found.count) continue;
    const rise = scene.evidence.earlier && (await check(scene, 'rise', of.id));
    if (scene.evidence.earlier && !rise) continue;
    best.set(of.service, { of, count: found.count, first: found.first });
    const ever = await occurrences(scene, of, sinceBegin(scene));
    const began =
      ever !== undefined &&
      ever.first.timestamp >= scene.evidence.span.window.from &&
      !(await isToldOtherwise(scene, of, before(scene, ever.first.timestamp)));
    if (rise && !began) risen.set(of.service, rise);
    else risen.delete(of.service);
  }
  const rows = [...best.values()]
    .filter(({ of }) => !risen.has(of.service))
    .sort((a, b) => b.count - a.count)
    .slice(0, ROWS)
    .sort((a, b) => a.first.timestamp - b.first.timestamp);
  const course: Course = {
    type: 'course',
    rows: rows.map(({ of, count, first }) => ({ of, count, first: first.timestamp })),
    begins: rows.map(({ first }) => first),
  };
  return { course, rises: [...risen.values()].filter(isClear).slice(0, RISES) };
}

/** Whether it rose so much that it is worth a sentence. */
const isClear = ({ finding }: Told): boolean =>
  finding.type === 'rise' && finding.now * finding.beforeMs >= CLEAR * finding.before * finding.nowMs;

/** Since when the first cause fails, where it had not before. */
async function firstSince(scene: Scene, { rows }: Course): Promise<Told | undefined> {
  const service = scene.ranking.causes[0]?.service;
  const row = rows.find(({ of }) => of.service === service);
  return row && check(scene, 'since', row.of.id);
}

/** The endpoints of which more requests fail than before, most first, and the busiest one beside them of which none does. */
async function failingRequests(scene: Scene): Promise<Told[]> {
  const failing: Told[] = [];
  let fine: Told | undefined;
  for (const { id } of subjects(scene, 'requests')) {
    const told = await check(scene, 'share', id);
    const isUsual = told && scene.evidence.earlier && !(await check(scene, 'rise', id));
    if (told && !isUsual) failing.push(told);
    else if (!told) fine ??= await check(scene, 'absence', id);
  }
  const part = ({ finding }: Told): number => (finding.type === 'share' ? finding.part : 0);
  const most = failing.sort((a, b) => part(b) - part(a)).slice(0, SHARES);
  return [...most, ...(most.length > 0 && fine ? [fine] : [])];
}

async function unaffected(scene: Scene): Promise<Told[]> {
  const names: string[] = [];
  for (const { id, service } of subjects(scene, 'service'))
    if (names.length < UNAFFECTED && (await check(scene, 'steady', id))) names.push(service);
  return names.length > 0 ? [{ finding: { type: 'unaffected', services: names }, lines: [] }] : [];
}
