import { z } from 'zod';
import { hookVariable, KNOWN_HOOKS } from './environment.ts';
import { mappingFault } from './mapping.ts';

export type HookForm = (typeof KNOWN_HOOKS)[number];

/** A name of a hook: it stands in an address, and in the name of a variable of the environment. */
const HOOK_NAME = /^[a-z][a-z0-9-]{0,39}$/;

const labels = z.array(z.string().min(1).max(200)).min(1).max(50);

const hook = z.strictObject({
  form: z
    .enum(KNOWN_HOOKS)
    .optional()
    .describe('Whose payloads it takes, where its name is not that sender’s own.'),
  mapping: z
    .string()
    .min(1)
    .max(20_000)
    .optional()
    .describe(
      'Instead of a form: an expression in JSONata that makes `{title, status, key, at, service?, severity?, text?, url?, labels?}` of a payload, or ' +
        'a list of these; nothing where it is no alert. `status` is `firing` or `resolved`, `key` the alert’s identity, `at` when it began or ended.',
    ),
  title: z
    .string()
    .min(1)
    .max(60)
    .optional()
    .describe('What people see as the source of its alerts; the sender’s name when absent.'),
  serviceLabels: labels
    .optional()
    .describe('Labels that name the service, for this hook alone; `hooks.serviceLabels` when absent.'),
  secret: z
    .string()
    .min(16)
    .optional()
    .describe(
      'What the sender proves to know: as a Bearer token, as the password of Basic authentication, or by its signature.',
    ),
});

export const hooksSchema = z
  .strictObject({
    serviceLabels: labels
      .default([
        'service',
        'service_name',
        'app',
        'app_kubernetes_io_name',
        'application',
        'deployment',
        'statefulset',
        'daemonset',
        'cronjob',
        'job_name',
        'workload',
        'pod',
        'container',
        'component',
        'job',
      ])
      .describe(
        'Labels of an alert that name its service; the first that it has counts. Of a `pod` the name of its owner is taken.',
      ),
    requestsPerSecond: z
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .describe(
        'Requests per second of one hook; above it, after a burst of twice as many, the answer is 429.',
      ),
    senders: z
      .record(z.string(), hook)
      .default({})
      .describe(
        'Hooks by name (`POST /hooks/NAME`). Those of `alertmanager`, `grafana`, `pagerduty`, `sentry`, `opsgenie` and `cloudevents` ' +
          'are always there; an entry is only needed to change one, or for a hook of another name.',
      ),
  })
  .prefault({})
  .describe('Alerts of other systems, which join the incidents of their services.');

type Hooks = z.infer<typeof hooksSchema>;

export const isHookForm = (name: string): name is HookForm =>
  (KNOWN_HOOKS as readonly string[]).includes(name);

/** Each hook has a name that can stand in an address, and one form or a mapping that can be read. */
export function checkHooks({ hooks }: { hooks: Hooks }, context: z.RefinementCtx): void {
  const wrong = (path: string[], message: string): void =>
    context.addIssue({ code: 'custom', path: ['hooks', 'senders', ...path], message });
  for (const [name, { form, mapping }] of Object.entries(hooks.senders)) {
    const fault = mapping === undefined ? undefined : mappingFault(mapping);
    if (!HOOK_NAME.test(name))
      wrong([name], 'the name of a hook has lower-case letters, digits and "-" only, at most 40');
    else if (fault) wrong([name, 'mapping'], fault);
    else if (isHookForm(name) && mapping !== undefined)
      wrong([name, 'mapping'], `the hook "${name}" has the form "${name}"; give the mapping another name`);
    else if (form !== undefined && mapping !== undefined) wrong([name], 'has a form or a mapping, not both');
    else if (isHookForm(name) && form !== undefined && form !== name)
      wrong([name, 'form'], `the hook "${name}" has the form "${name}"`);
    else if (!isHookForm(name) && form === undefined && mapping === undefined)
      wrong(
        [name],
        `needs a form (${KNOWN_HOOKS.join(', ')}) or a mapping; ${hookVariable(name)} is the variable of its secret`,
      );
  }
}
