import { z } from "zod";
import { text } from "../../../domain/foreign/text.ts";

const number = z.number().optional().catch(undefined);

const Account = z.object({ login: text, html_url: text }).nullish().catch(undefined);
const Linked = z.object({ html_url: text, name: text, full_name: text }).nullish().catch(undefined);

/** An issue, a pull request, a discussion, a review, a comment, a release: each has some of it. */
const Thing = z
  .object({
    ...{ number, title: text, body: text, html_url: text, name: text, tag_name: text, login: text },
    ...{ state: text, state_reason: text, merged: z.boolean().nullish().catch(undefined), ref: text },
    ...{ conclusion: text, status: text, description: text, environment: text, target_url: text },
    ...{ log_url: text, commit_id: text, head_branch: text, head_sha: text, path: text, draft: text },
    ...{ severity: text, summary: text, ghsa_id: text, secret_type: text, package_type: text, event: text },
    ...{ secret_type_display_name: text, display_title: text, run_number: number },
    user: Account,
    rule: z.object({ description: text, severity: text }).nullish().catch(undefined),
    security_advisory: z.object({ summary: text, severity: text }).nullish().catch(undefined),
    package_version: z.object({ version: text, html_url: text }).nullish().catch(undefined),
    pull_requests: z.unknown().optional(),
  })
  .nullish()
  .catch(undefined);
export type Thing = NonNullable<z.infer<typeof Thing>>;

const Commit = z
  .object({
    ...{ id: text, message: text, url: text },
    author: z.object({ name: text, username: text }).nullish().catch(undefined),
  })
  .nullish()
  .catch(undefined);

const Page = z.object({ title: text, action: text, html_url: text }).nullish().catch(undefined);

const List = <Item extends z.ZodType>(item: Item) => z.array(item).optional().catch(undefined);

/** What of an event is read. Each kind has some of it, and anything of another form is left out. */
export const Event = z.object({
  ...{ action: text, ref: text, ref_type: text, before: text, after: text, compare: text, zen: text },
  ...{ state: text, description: text, context: text, target_url: text, sha: text, master_branch: text },
  ...{ deleted: z.unknown().optional(), forced: z.unknown().optional() },
  sender: Account,
  pusher: z.object({ name: text }).nullish().catch(undefined),
  repository: Linked,
  organization: Account,
  commits: List(Commit),
  head_commit: Commit,
  pages: List(Page),
  forkee: Linked,
  member: Account,
  team: Linked,
  label: Thing,
  ...{ issue: Thing, pull_request: Thing, discussion: Thing, review: Thing, comment: Thing, release: Thing },
  ...{ workflow_run: Thing, workflow_job: Thing, check_run: Thing, check_suite: Thing, milestone: Thing },
  ...{ deployment: Thing, deployment_status: Thing, alert: Thing, security_advisory: Thing },
  ...{ package: Thing, registry_package: Thing, build: Thing, hook: z.unknown().optional() },
});
export type Event = z.infer<typeof Event>;
