import { fromMarkdown } from "../../../domain/foreign/markdown.ts";
import {
  cutMarkdown,
  lines,
  link,
  oneLine,
  quoted,
  withFewEmptyLines,
} from "../../../domain/foreign/text.ts";
import { plain } from "../../../lib/markup.ts";
import type { Event, Thing } from "./event.ts";

/** Code points of a body that are shown. */
const EXCERPT = 500;
const MAX_COMMITS = 10;
const SHORT_SHA = 7;

/** What an event says; null: nothing that people want to be told of. */
type Write = (event: Event) => string | null;

/** The events that are shown, by the header `X-GitHub-Event`. */
export const EVENTS: Readonly<Record<string, Write>> = {
  ping: (event) => lines(`${whereOf(event)}the hook works`, event.zen && quoted(plain(event.zen))),
  push,
  create: (event) => said(event, `created the ${event.ref_type ?? "branch"} ${code(event.ref)}`),
  delete: (event) => said(event, `deleted the ${event.ref_type ?? "branch"} ${code(event.ref)}`),
  commit_comment: ({ comment, ...event }) =>
    said(event, `commented on ${link(short(comment?.commit_id), comment?.html_url)}`, excerpt(comment)),
  issues: (event) => ofThing(event, event.issue, "the issue", ISSUE_ACTIONS),
  issue_comment: ({ issue, comment, ...event }) =>
    onlyNew(event, () => said(event, `commented on ${titled(issue, comment)}`, excerpt(comment))),
  pull_request: pullRequest,
  pull_request_review: review,
  pull_request_review_comment: ({ pull_request, comment, ...event }) =>
    onlyNew(event, () => said(event, `commented on ${titled(pull_request, comment)}`, excerpt(comment))),
  discussion: (event) => ofThing(event, event.discussion, "the discussion", DISCUSSION_ACTIONS),
  discussion_comment: ({ discussion, comment, ...event }) =>
    onlyNew(event, () => said(event, `commented on ${titled(discussion, comment)}`, excerpt(comment))),
  milestone: (event) => ofThing(event, event.milestone, "the milestone", MILESTONE_ACTIONS),
  release: (event) => ofRelease(event),
  fork: ({ forkee, ...event }) =>
    said(event, `forked it to ${link(forkee?.full_name ?? "", forkee?.html_url)}`),
  star: (event) => (event.action === "created" ? said(event, "starred it ⭐") : null),
  watch: () => null,
  gollum: ({ pages = [], ...event }) =>
    said(
      event,
      "changed the wiki",
      lines(
        ...pages.map((page) => page && `- ${page.action ?? ""} ${link(page.title ?? "", page.html_url)}`),
      ),
    ),
  member: ({ member, ...event }) =>
    said(event, `${verb(event)} ${link(member?.login ?? "", member?.html_url)}`),
  public: (event) => said(event, "made it public"),
  repository: (event) => said(event, `${verb(event)} the repository`),
  team_add: ({ team, ...event }) => said(event, `added the team ${link(team?.name ?? "", team?.html_url)}`),
  status: ({ state, context, description, target_url, sha, ...event }) =>
    state === "pending" || !state
      ? null
      : about(event, `${sign(state)} ${link(context ?? "status", target_url)}: ${state}`, [
          short(sha),
          description,
        ]),
  check_run: (event) => ofRun(event, event.check_run, event.check_run?.name),
  check_suite: (event) => ofRun(event, event.check_suite, event.check_suite?.head_branch ?? "checks"),
  workflow_run: (event) => ofRun(event, event.workflow_run, event.workflow_run?.name ?? "workflow"),
  workflow_job: (event) =>
    event.workflow_job?.conclusion === "failure"
      ? ofRun(event, event.workflow_job, event.workflow_job.name)
      : null,
  deployment: ({ deployment, ...event }) =>
    said(event, `deploys ${code(deployment?.ref)} to ${plain(deployment?.environment ?? "")}`),
  deployment_status: deploymentStatus,
  page_build: ({ build, ...event }) =>
    about(event, `${sign(build?.status)} the pages: ${build?.status ?? ""}`, []),
  package: (event) => ofPackage(event, event.package),
  registry_package: (event) => ofPackage(event, event.registry_package),
  dependabot_alert: (event) =>
    ofAlert(event, event.alert?.security_advisory?.summary, event.alert?.security_advisory?.severity),
  code_scanning_alert: (event) => ofAlert(event, event.alert?.rule?.description, event.alert?.rule?.severity),
  secret_scanning_alert: (event) =>
    ofAlert(event, event.alert?.secret_type_display_name ?? event.alert?.secret_type, undefined),
  security_advisory: ({ security_advisory: advisory, ...event }) =>
    about(event, `⚠️ ${plain(oneLine(advisory?.summary ?? ""))}`, [advisory?.severity, advisory?.ghsa_id]),
};

/** Each action in the past, as a sentence has it. Others are left out: they are many, and say little. */
const ISSUE_ACTIONS: Readonly<Record<string, string>> = {
  opened: "opened",
  closed: "closed",
  reopened: "reopened",
  deleted: "deleted",
  transferred: "transferred",
};
const DISCUSSION_ACTIONS: Readonly<Record<string, string>> = {
  created: "began",
  answered: "marked an answer in",
  closed: "closed",
  reopened: "reopened",
  deleted: "deleted",
};
const MILESTONE_ACTIONS: Readonly<Record<string, string>> = {
  created: "created",
  opened: "reopened",
  closed: "closed",
  deleted: "deleted",
};
const PULL_REQUEST_ACTIONS: Readonly<Record<string, string>> = {
  opened: "opened",
  reopened: "reopened",
  ready_for_review: "finished the draft of",
  converted_to_draft: "made a draft of",
};
const REVIEWS: Readonly<Record<string, string>> = {
  approved: "✅ approved",
  changes_requested: "❌ wants changes in",
  commented: "reviewed",
  dismissed: "dismissed a review of",
};

const SIGNS: Readonly<Record<string, string>> = {
  success: "✅",
  built: "✅",
  active: "✅",
  failure: "❌",
  error: "❌",
  errored: "❌",
  timed_out: "❌",
  startup_failure: "❌",
  cancelled: "⚪",
  skipped: "⚪",
  neutral: "⚪",
  action_required: "⚠️",
};
const sign = (state: string | null | undefined) => SIGNS[state ?? ""] ?? "🔹";

function push(event: Event): string | null {
  const { ref, commits = [], compare, forced, deleted } = event;
  const branch = code((ref ?? "").replace(/^refs\/(?:heads|tags)\//, ""));
  // The event `delete` says it.
  if (deleted === true) return null;
  // A branch that is set back has no new commits.
  if (commits.length === 0)
    return forced === true
      ? said(event, `${link("set back", compare)} ${branch} to ${atCommit(event)}`)
      : null;
  const count = commits.length === 1 ? "a commit" : `${commits.length} commits`;
  const shown = commits.slice(0, MAX_COMMITS).map((commit) => {
    const [first = ""] = (commit?.message ?? "").split("\n");
    const author = commit?.author?.username ?? commit?.author?.name;
    const by = author && author !== nameOf(event) ? ` – ${plain(author)}` : "";
    return `- ${link(short(commit?.id), commit?.url)} ${plain(oneLine(first))}${by}`;
  });
  const more = commits.length > MAX_COMMITS ? `- … and ${commits.length - MAX_COMMITS} more` : "";
  return said(
    event,
    `${forced === true ? "force-pushed" : "pushed"} ${link(count, compare)} to ${branch}`,
    lines(...shown, more),
  );
}

/** The commit that a branch leads to, with its first line. */
function atCommit({ head_commit: head, after }: Event): string {
  const [first = ""] = (head?.message ?? "").split("\n");
  return [link(short(head?.id ?? after), head?.url), plain(oneLine(first))].filter(Boolean).join(" ");
}

function pullRequest(event: Event): string | null {
  const { action, pull_request: pull } = event;
  if (action === "closed")
    return said(event, `${pull?.merged ? "merged" : "closed"} the pull request ${titled(pull)}`);
  return ofThing(event, pull, "the pull request", PULL_REQUEST_ACTIONS);
}

function review({ review: given, pull_request: pull, ...event }: Event): string | null {
  const state = event.action === "dismissed" ? "dismissed" : (given?.state ?? "");
  const done = event.action === "edited" ? undefined : REVIEWS[state];
  return done === undefined ? null : said(event, `${done} ${titled(pull, given)}`, excerpt(given));
}

function ofThing(
  event: Event,
  thing: Thing | null | undefined,
  what: string,
  actions: Readonly<Record<string, string>>,
): string | null {
  const { action } = event;
  const done = actions[action ?? ""];
  if (done === undefined) return null;
  const isNew = action === "opened" || action === "created";
  return said(event, `${done} ${what} ${titled(thing)}`, isNew ? excerpt(thing) : "");
}

function ofRelease(event: Event): string | null {
  const { action, release } = event;
  if (action !== "published") return null;
  const name = release?.name || release?.tag_name || "a release";
  return said(event, `released ${link(name, release?.html_url)}`, excerpt(release));
}

/** What ran, once it has ended. */
function ofRun(event: Event, run: Thing | null | undefined, name: string | null | undefined): string | null {
  const { conclusion } = run ?? {};
  if (!conclusion || event.action === "requested") return null;
  const label = [name, run?.run_number && `#${run.run_number}`].filter(Boolean).join(" ");
  const result = `${sign(conclusion)} ${link(label, run?.html_url)}: ${conclusion.replaceAll("_", " ")}`;
  return about(event, result, [run?.display_title, code(run?.head_branch), short(run?.head_sha)]);
}

function deploymentStatus({ deployment_status: status, deployment, ...event }: Event): string | null {
  const { state } = status ?? {};
  if (!state || ["pending", "queued", "in_progress", "waiting"].includes(state)) return null;
  const place = status?.environment ?? deployment?.environment ?? "";
  const result = `${sign(state)} ${link(`deployment to ${place}`, status?.log_url || status?.target_url)}: ${state}`;
  return about(event, result, [code(deployment?.ref), status?.description]);
}

function ofPackage(event: Event, given: Thing | null | undefined): string | null {
  const version = given?.package_version;
  const label = [given?.name, version?.version].filter(Boolean).join(" ");
  return said(event, `${verb(event)} the package ${link(label, version?.html_url || given?.html_url)}`);
}

function ofAlert(
  event: Event,
  summary: string | null | undefined,
  severity: string | null | undefined,
): string {
  const label = oneLine(summary || `alert ${event.alert?.number ?? ""}`);
  const state = (event.action ?? "").replaceAll("_", " ");
  return about(event, `⚠️ ${link(label, event.alert?.html_url)}: ${state}`, [severity]);
}

function onlyNew({ action }: Pick<Event, "action">, write: () => string): string | null {
  return action === "created" ? write() : null;
}

type Source = Pick<Event, "sender" | "repository" | "organization">;

/** A sentence about what somebody did. */
function said(event: Source, what: string, below = ""): string {
  const { sender } = event;
  return lines(`${whereOf(event)}${link(nameOf(event), sender?.html_url)} ${what}`, below);
}

/** A sentence about what became of something. */
function about(event: Source, what: string, details: readonly (string | null | undefined)[]): string {
  const known = details.map((detail) => oneLine(detail ?? "")).filter((detail) => detail !== "");
  return lines(
    `${whereOf(event)}${what}`,
    known.map((detail) => (detail.startsWith("`") ? detail : plain(detail))).join(" · "),
  );
}

/** The repository, or the organization. */
function whereOf({ repository, organization }: Source): string {
  const name = repository?.full_name ?? organization?.login;
  return name ? `**${link(name, repository?.html_url)}** ` : "";
}

const nameOf = ({ sender }: Source) => sender?.login ?? "somebody";

const verb = ({ action }: Pick<Event, "action">) => (action ?? "changed").replaceAll("_", " ");

/** Number and title, as a link. @param place of a comment: leads there */
function titled(thing: Thing | null | undefined, place?: Thing | null): string {
  const label = [thing?.number && `#${thing.number}`, thing?.title].filter(Boolean).join(" ");
  return link(label || "it", place?.html_url ?? thing?.html_url);
}

function excerpt(thing: Thing | null | undefined): string {
  const body = fromMarkdown(thing?.body ?? thing?.description ?? "").trim();
  return quoted(cutMarkdown(withFewEmptyLines(body, 0), EXCERPT));
}

const short = (sha: string | null | undefined) => (sha ?? "").slice(0, SHORT_SHA);

/** A name in code; nothing of nothing. */
function code(name: string | null | undefined): string {
  return name ? `\`${oneLine(name).replaceAll("`", "'")}\`` : "";
}
