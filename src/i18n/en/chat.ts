import { plural } from '../grammar.ts';

/** What the bot says about incidents, answers, jobs and itself. */
export const chat = {
  // incident
  severity: (level: number) => `Severity ${level} of 5`,
  'status.normal': 'Normal',
  'status.warning': 'Warning',
  'status.critical': 'Critical',
  'state.open': 'Open',
  'state.acknowledged': 'Acknowledged',
  'state.resolved': 'Resolved',
  'field.since': 'Since',
  'field.lastSeen': 'Last seen',
  'field.count': 'How often',
  'field.state': 'State',
  'field.severity': 'Severity',
  'field.affected': 'Also affected',
  'field.issues': 'Signs',
  'field.window': 'Window',
  times: (count: number) => `${count} ${plural(count, 'time')}`,
  linesIn: (lines: number, shown: string, reports: number) =>
    `${shown} ${plural(lines, 'line')} in ${reports} ${plural(reports, 'report')}`,
  stateBy: (state: string, who: string, at: string) => `${state} by ${who}, ${at}`,
  mutedUntil: (at: string) => `muted until ${at}`,
  occurrence: (n: number) => `Occurrence ${n} of this problem`,
  previous: (at: string) => `the one before: ${at}`,
  confidence: (percent: number) => `confidence ${percent} %`,
  incidentSummary: (service: string, title: string) => `${service}: ${title}`,
  folded: (service: string, title: string) => `Joined → ${service}: ${title}`,
  foldedText: (service: string) =>
    `This is a consequence of the trouble in ${service}. The story goes on in that incident's thread.`,
  moreServices: (count: number) => `and ${count} more`,
  // actions
  'button.why': 'Why?',
  'button.summarize': 'Summarize',
  'button.acknowledge': 'Acknowledge',
  'button.resolve': 'Resolve',
  'button.mute': 'Mute 1 h',
  'button.unmute': 'Unmute',
  'button.stop': 'Stop',
  'button.job-stop': (what: string) => `Stop ${what}`,
  'button.retry': 'Try again',
  'button.start': 'Start',
  'button.job-retry': 'Run again',
  'button.job-drop': 'Forget',
  // fallback
  fallback: (place: string, code: string, mend: string) =>
    `This belongs to ${place}, which takes nothing from the bot now (${code}). ${mend}`.trim(),
  // dead letters
  lettersTitle: (count: number, shown: string) =>
    count === 1
      ? '1 message was put aside: it cannot be read'
      : `${shown} messages were put aside: they cannot be read`,
  lettersOf: (topic: string, count: number, shown: string, since: string) =>
    `${topic}: ${shown} ${plural(count, 'message')} since ${since}. The newest, as partition/offset and reason:`,
  lettersWhere: (topics: string) =>
    `Nothing of them became an alert or a stored line. They lie unchanged on ${topics} with the reason in their headers; mend the producer, then send them again.`,
  lettersNext: 'This is told at most once an hour.',
  // a message that was removed
  again:
    'The earlier message was removed, or cannot be changed any more. This is not over, so it goes on here.',
  // storm
  stormTitle: (count: number) => `Many incidents at once: ${count}`,
  stormText:
    'More incidents opened than this channel can carry one by one. They are listed here, the worst first.',
  // answers
  'step.window': 'Finding the time window…',
  'step.evidence': 'Gathering evidence…',
  'step.causes': 'Ranking causes…',
  'step.model': 'The model is writing…',
  'step.verify': 'Checking every quote…',
  'step.waiting': 'Waiting for a worker…',
  'step.scan': 'Reading logs…',
  'step.analyze': 'Analyzing…',
  'step.collect': 'Sending the lines…',
  'step.figures': 'Taking the figures…',
  'step.reduce': 'Putting the parts together…',
  'verdict.confirmed': 'Confirmed',
  'verdict.likely': 'Likely',
  'verdict.inconclusive': 'Inconclusive',
  answerSummary: (verdict: string, cause: string) => `${verdict}: ${cause}`,
  causeLine: (rank: number, service: string, cause: string, percent: number) =>
    `${rank}. ${service}: ${cause} (${percent} %)`,
  'answer.causes': 'Causes',
  'answer.evidence': 'Evidence',
  'answer.solution': 'What to do',
  'answer.ruledOut': 'Ruled out',
  'answer.writing': 'Still being checked…',
  'answer.stopped': 'Stopped. This is what was found until then.',
  'answer.interrupted': 'Bongsu was stopped while the answer was made. This is what was found until then.',
  'answer.none': 'Nothing unusual was found in this window.',
  'answer.summary': 'Summary',
  linesOf: (count: number) => `× ${count}`,
  hiddenHere: (page: string) => `What is hidden here is shown on the page: ${page}`,
  footNoModel: 'No model took part: evidence and ranking only',
  footTokens: (prompt: number, completion: number) => `${prompt} + ${completion} tokens`,
  footSeconds: (seconds: string) => `${seconds} s`,
  footCached: 'from the cache',
  // cost
  costTitle: (usd: string) => `Models today: ${usd}`,
  costAmount: (usd: string, tokens: string, calls: number) =>
    `${usd} · ${tokens} tokens · ${calls} ${plural(calls, 'question')}`,
  costTokens: (tokens: string) => `${tokens} tokens`,
  costDay: (day: string) => `Day ${day}; the week begins on Monday. Answers from the cache cost nothing.`,
  'cost.today': 'Today',
  'cost.week': 'This week',
  'cost.limit': 'Limit a day',
  'cost.limitUser': 'Limit a day and person',
  'cost.none': 'none',
  'cost.byUserToday': 'Today by person',
  'cost.byTaskToday': 'Today by task',
  'cost.byUserWeek': 'This week by person',
  'cost.byTaskWeek': 'This week by task',
  'cost.task.ask': 'ask',
  'cost.task.why': 'why',
  'cost.task.summarize': 'summarize',
  'cost.task.assess': 'analyze (pasted text)',
  // search
  searchTitle: (total: string) => `${total} ${total === '1' ? 'line' : 'lines'} found`,
  searchShown: (shown: number) => `The newest ${shown} are shown.`,
  searchNone: 'No line matches. Try fewer words or a longer window.',
  // digest
  digestTitle: (period: string, team: string) => `Digest of ${period}${team ? ` · ${team}` : ''}`,
  digestQuiet: (period: string, lines: string, errors: string) =>
    `${period} was quiet: no incident, ${lines} lines, ${errors} errors.`,
  digestIncidents: (opened: number, recurring: number, resolved: number, open: number, carried: number) =>
    [
      opened === 0
        ? 'No incident opened.'
        : `${opened} ${plural(opened, 'incident')} opened: ${opened - recurring} new, ${recurring} that came back.`,
      opened + carried === 0 ? '' : ` ${resolved} resolved, ${open} still open.`,
      carried === 0 ? '' : ` ${carried} had opened before and went on.`,
    ].join(''),
  digestAcknowledge: (duration: string) => `Typically acknowledged after ${duration}.`,
  digestResolve: (duration: string) => `Typically resolved after ${duration}.`,
  digestLines: (lines: string, change: string, errors: string, errorChange: string) =>
    `${lines} lines (${change}), ${errors} errors (${errorChange}), each against the period before.`,
  digestNoBefore: 'nothing before',
  digestNew: (count: number) =>
    count === 0
      ? 'No kind of error is new.'
      : `${count} ${plural(count, 'kind')} of error that the period before did not have:`,
  digestTop: 'The worst incidents',
  digestNoisy: 'What alerted most',
  digestWarnings: (count: number) =>
    `${count} ${plural(count, 'warning')} without a thread (/logs incidents)`,
  digestKeptQuiet: (count: number) =>
    `Kept quiet, because people had called earlier alerts of the same kind false alarms: ${count} ${plural(count, 'incident')} (/logs incidents quiet)`,
  digestAlerts: (count: string) => `${count} alerts`,
  digestCameBack: (n: number) => `occurrence ${n}`,
  digestCost: (usd: string, tokens: string, answers: string) =>
    `Models: ${usd}, ${tokens} tokens, ${answers} answers`,
  digestJobs: (done: number, failed: number, waiting: number) =>
    `Jobs: ${done} done, ${failed} failed, ${waiting} waiting`,
  digestModels: (names: string) => `Models: ${names}`,
  digestTraining: (train: string, needed: string, test: string, testNeeded: string) =>
    `Training: ${train} of ${needed} judgements to learn from, ${test} of ${testNeeded} to test on: nothing changed`,
  digestChart: 'Lines and errors',
  'button.muteThis': (what: string) => `Mute ${what}`,
  'job.analyze': 'Analysis',
  'job.digest': 'Digest',
  'job.collect': 'Collection',
  'job.fine-tune': 'Fine-tuning',
  'job.state.waiting': 'waiting',
  'job.state.active': 'running',
  'job.state.done': 'done',
  'job.state.failed': 'failed',
  'job.state.stopped': 'stopped',
  analyzeCost: (lines: string, usd: string, limit: string) =>
    `${lines} lines. The model may cost up to ${usd}, which is above the limit of ${limit}. Start it?`,
  analyzeMost: (usd: string, tokens: string) => `The model may cost up to ${usd} (${tokens} tokens).`,
  analyzeFree: 'No model: free.',
  'upload.chart': 'The chart could not be uploaded.',
  'upload.report': 'The report could not be uploaded as a file.',
  'report.title': 'Analysis report',
  'report.link': (address: string) => `Report to download: ${address}`,
  'report.templates': 'Templates',
  'report.count': 'lines',
  'report.errors': 'errors',
  'report.peak': 'peak',
  'report.pattern': 'template',
  jobWaiting: (job: string) => `${job} is queued.`,
  jobActive: (job: string) => `${job} is running…`,
  jobEnded: (job: string) => `${job}: done.`,
  jobEnding: (job: string) => `${job}: stopped.`,
  jobBroken: (job: string) => `${job}: failed.`,
  jobLeft: (duration: string) => `about ${duration} left`,
  jobsTitle: (active: number, waiting: number, failed: number) =>
    `Jobs: ${active} running, ${waiting} waiting, ${failed} failed`,
  jobsHint: 'Failed jobs stay here: /logs jobs retry ID runs one again, /logs jobs drop ID forgets it.',
  jobsStopHint: '/logs jobs stop ID stops one.',
  jobHalted: 'The job is stopped.',
  jobOver: (id: string) => `No job ${id} runs or waits. /logs jobs lists them.`,
  jobRetried: 'The job is queued again.',
  jobDropped: 'The job is forgotten.',
  jobGone: (id: string) => `There is no failed job ${id}. /logs jobs lists them.`,
  'gpu.hot': (value: string, limit: string) =>
    `Paused: the GPU is at ${value} °C (limit ${limit} °C). It goes on by itself when the GPU is cool.`,
  'gpu.memory': (value: string, limit: string) =>
    `Paused: ${value} MB of GPU memory are free, ${limit} MB are needed. It goes on by itself when there is room.`,
  jobQueued: (window: string) => `Analysis of ${window} is queued.`,
  jobPosition: (ahead: number) => `${ahead} ${plural(ahead, 'job')} ahead of it`,
  jobRunning: 'Analyzing…',
  jobDone: 'Analysis done.',
  jobStopped: 'Analysis stopped.',
  jobFailed: 'The analysis failed.',
  jobOf: (done: string, total: string) => `${done} of ${total} lines`,
  jobFacts: (records: string, templates: string) => `${records} lines, ${templates} templates`,
  stopping: 'Stopping…',
  // health
  healthGood: 'Everything works.',
  noModel: 'No model: answers are evidence and ranked causes',
  healthBad: (count: number) => `${count} ${plural(count, 'part needs', 'parts need')} attention.`,
  'health.throttled.power': 'slowed down: power limit',
  'health.throttled.thermal': 'slowed down: too hot',
  'health.throttled.hardware': 'slowed down by the hardware',
  'health.chart': 'CPU and memory, %',
  'health.gpuChart': 'GPU, %',
  'health.gpuMemory': 'GPU memory',
  'health.gpuNone': 'no GPU',
  'health.cpu': 'CPU',
  'health.memory': 'Memory',
  'health.gpu': 'GPU',
  cpu: (percent: number, cores: number) => `${percent} % of ${cores} ${plural(cores, 'core')}`,
  memory: (used: string, total: string) => `${used} of ${total} GB`,
  ok: 'OK',
  // incidents
  incidentsTitle: (count: number) =>
    count === 0 ? 'No open incident.' : `${count} open ${plural(count, 'incident')}`,
  incidentLine: (service: string, title: string, state: string, often: string, last: string) =>
    `${service}: ${title} (${state}, ${often}, last seen ${last})`,
  // help
  helpTitle: 'What I can do',
  helpOptions:
    'A window is written 30m, 2h, last 90 minutes or yesterday. Add --private and only you see the answer, --fresh and a kept answer is not used. In a thread, mention me and ask, or say ack, resolve NOTE, mute 2h or unmute.',
  // wrong input
  'usage.empty': 'Say what to do, for example: /logs why 30m',
  'usage.unknown': (word: string, names: string) =>
    `I don't know “${word}”. Use ${names}, for example: /logs why 30m`,
  'usage.thread': (word: string) =>
    `I don't know “${word}”. Ask a question in words, or say why, summarize, help, ack, resolve NOTE, mute 2h or unmute.`,
  'usage.example': (form: string, example: string) => `${form}, for example: ${example}`,
  'usage.form': (word: string, form: string) => `“${word}” has no place there. The form is ${form}`,
  'usage.duration': (word: string) =>
    `“${word}” is not a time span. Write it like 30m, 2 hours or 1d, up to 90d.`,
  'usage.option': (word: string) =>
    `I don't know the option “${word}”. There are --private, --fresh (for why and summarize) and service:NAME.`,
  'usage.tooLong': (length: number, limit: number) =>
    `The question has ${length} characters; ${limit} are allowed. Please shorten it.`,
  'usage.search': 'Say what to look for, for example: /logs search 2h timeout',
  'usage.gone': 'That button is no longer valid.',
  'usage.resolved': 'This incident is resolved already; nothing was changed.',
  // errors
  'error.config_invalid': 'The configuration is wrong. Ask the operator to run “bongsu doctor”.',
  'error.usage': 'That input has the wrong form. /logs help shows the right one.',
  'error.not_found': 'That does not exist any more.',
  'error.forbidden': 'I am not allowed to do that.',
  'error.unauthorized': 'A service refused my credentials. Ask the operator to check the key.',
  'error.rate_limited': 'A service asks me to slow down. Please try again in a moment.',
  'error.unavailable': 'A service cannot be reached right now. /logs health shows which one.',
  'error.timeout': 'That took too long. Try a shorter window, or again in a moment.',
  'error.too_large': 'That is too much at once. Try a shorter window.',
  'error.malformed': 'The data could not be read.',
  'error.undecodable':
    'Compressed data could not be unpacked or decoded. Ask the operator to check how its producer compresses.',
  'error.budget_spent': "Today's model budget is used up. Evidence and ranking still work.",
  'error.stopped': 'Stopped.',
  'error.storage_full': 'The disk is full. Ask the operator to free some space.',
  'error.conflict': 'Somebody else changed this at the same moment. Please try again.',
  'error.internal': 'Something went wrong on my side. The details are in the log.',
  interrupted: 'Interrupted by a restart. Please ask again.',
  // charts
  'chart.title': (service: string) => `Lines and errors: ${service}`,
  'chart.all': 'all services',
  'chart.total': 'lines',
  'chart.errors': 'errors',
  'chart.found': 'found',
  'chart.summary': (service: string) => `Error rate of ${service}`,
};
