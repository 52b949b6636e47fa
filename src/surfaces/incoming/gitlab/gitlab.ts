import { z } from "zod";
import { invalid } from "../../../domain/errors.ts";
import { fromMarkdown } from "../../../domain/foreign/markdown.ts";
import {
  cutMarkdown,
  lines,
  link,
  many,
  messageText,
  oneLine,
  quoted,
  text,
} from "../../../domain/foreign/text.ts";
import { plain } from "../../../lib/markup.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import type { Shape } from "../shape.ts";

/** Code points of a body that are shown. */
const EXCERPT = 500;
const MAX_COMMITS = 10;
const SHORT_SHA = 8;
const NO_COMMIT = /^0+$/;

const Account = z.object({ name: text, username: text }).optional().catch(undefined);

/** An issue, a merge request, a note, a pipeline, a page: each has some of it. */
const Thing = z
  .object({
    ...{ id: text, iid: text, title: text, description: text, note: text, action: text, state: text },
    ...{ url: text, status: text, detailed_status: text, ref: text, name: text, message: text },
    ...{ source_branch: text, target_branch: text, noteable_type: text, short_id: text, duration: text },
    ...{ active: text, expires_at: text, severity: text },
  })
  .optional()
  .catch(undefined);
type Thing = NonNullable<z.infer<typeof Thing>>;

const Commit = z
  .object({ id: text, title: text, message: text, url: text, author: Account })
  .catch({ author: undefined });

/** What of an event is read. Each kind has some of it, and anything of another form is left out. */
const Event = z.object({
  ...{ object_kind: text, event_name: text, full_path: text, path_with_namespace: text, group_name: text },
  ...{ ref: text, before: text, after: text, user_name: text, name: text, tag: text, description: text },
  ...{ url: text, action: text, status: text, environment: text, deployable_url: text, short_sha: text },
  ...{ build_id: text, build_name: text, build_stage: text, build_status: text, commit_title: text },
  ...{ total_commits_count: text, sha: text, message: text, project_name: text },
  commits: many,
  user: Account,
  group: z.object({ full_path: text, group_name: text }).optional().catch(undefined),
  project: z.object({ name: text, path_with_namespace: text, web_url: text }).optional().catch(undefined),
  ...{ object_attributes: Thing, issue: Thing, merge_request: Thing, snippet: Thing },
  commit: Commit.optional(),
});
type Event = z.infer<typeof Event>;

/** What an event says; null: nothing that people want to be told of. */
type Write = (event: Event) => string | null;

/** The events that are shown, by their `object_kind`; those of a group by their `event_name`. */
const EVENTS: Readonly<Record<string, Write>> = {
  push,
  tag_push: (event) =>
    said(event, `${NO_COMMIT.test(event.after ?? "") ? "deleted" : "pushed"} the tag ${refOf(event)}`),
  issue: (event) => ofThing(event, "the issue", ISSUE_ACTIONS, "#"),
  work_item: (event) => ofThing(event, "the work item", ISSUE_ACTIONS, "#"),
  incident: (event) => ofThing(event, "the incident", ISSUE_ACTIONS, "#"),
  merge_request: (event) => ofThing(event, "the merge request", MERGE_ACTIONS, "!"),
  note,
  pipeline: (event) => {
    const { object_attributes: run = {}, commit } = event;
    const label = [run.name || "pipeline", run.id && `#${run.id}`].filter(Boolean).join(" ");
    const url = run.url || (event.project?.web_url && `${event.project.web_url}/-/pipelines/${run.id ?? ""}`);
    return ofRun(event, run.status, link(label, url), [code(run.ref), commit?.title]);
  },
  build: (event) => {
    const { build_id: id = "", build_name: name = "job", build_status: status, project } = event;
    // The pipeline says the rest.
    if (status !== "failed") return null;
    const label = link(name, project?.web_url && `${project.web_url}/-/jobs/${id}`);
    return ofRun(event, status, label, [code(event.ref), event.build_stage]);
  },
  deployment: (event) => {
    const label = link(`deployment to ${event.environment ?? ""}`, event.deployable_url);
    return ofRun(event, event.status, label, [code(event.ref), event.commit_title]);
  },
  wiki_page: (event) => {
    const { action = "", title = "", url } = event.object_attributes ?? {};
    return said(event, `${PAST[action] ?? "changed"} the page ${link(title, url)}`);
  },
  release: (event) => {
    if (event.action !== "create") return null;
    const label = event.name || event.tag || "a release";
    return said(event, `released ${link(label, event.url)}`, excerpt(event.description));
  },
  milestone: ({ object_attributes: milestone = {}, ...event }) => {
    const done = MILESTONE_ACTIONS[event.action ?? ""];
    const url = event.project?.web_url && `${event.project.web_url}/-/milestones/${milestone.iid ?? ""}`;
    return done ? about(event, `the milestone ${link(milestone.title || "it", url)} was ${done}`) : null;
  },
  feature_flag: ({ object_attributes: flag = {}, ...event }) =>
    said(event, `turned the feature flag ${code(flag.name)} ${flag.active === "true" ? "on" : "off"}`),
  access_token: ({ object_attributes: token = {}, ...event }) =>
    about(event, `⚠️ the access token ${code(token.name)} ends on ${plain(oneLine(token.expires_at ?? ""))}`),
  vulnerability: ({ object_attributes: found = {}, ...event }) =>
    about(
      event,
      `⚠️ ${link(found.title || "vulnerability", found.url)}: ${plain(oneLine(found.state ?? ""))}`,
      plain(oneLine(found.severity ?? "")),
    ),
  user_add_to_group: (event) => said(event, "joined the group"),
  user_remove_from_group: (event) => said(event, "left the group"),
  user_access_request_to_group: (event) => said(event, "asks to join the group"),
  project_create: (event) => about(event, "the project was created"),
  project_destroy: (event) => about(event, "the project was deleted"),
  subgroup_create: (event) => about(event, "the group was created"),
  subgroup_destroy: (event) => about(event, "the group was deleted"),
};

const PAST: Readonly<Record<string, string>> = { create: "created", update: "changed", delete: "deleted" };
/** Each action in the past. Others are left out: they are many, and say little. */
const ISSUE_ACTIONS: Readonly<Record<string, string>> = {
  open: "opened",
  close: "closed",
  reopen: "reopened",
};
const MERGE_ACTIONS: Readonly<Record<string, string>> = {
  ...ISSUE_ACTIONS,
  merge: "merged",
  approved: "✅ approved",
  unapproved: "took back the approval of",
};

const MILESTONE_ACTIONS: Readonly<Record<string, string>> = {
  create: "created",
  close: "closed",
  reopen: "reopened",
  delete: "deleted",
};

const SIGNS: Readonly<Record<string, string>> = {
  success: "✅",
  failed: "❌",
  canceled: "⚪",
  skipped: "⚪",
};

function push(event: Event): string | null {
  const { commits = [], before = "", after = "", project, total_commits_count: total } = event;
  if (NO_COMMIT.test(after)) return said(event, `deleted the branch ${refOf(event)}`);
  if (commits.length === 0)
    return NO_COMMIT.test(before) ? said(event, `created the branch ${refOf(event)}`) : null;
  const count = Number(total) || commits.length;
  const compare = project?.web_url && `${project.web_url}/-/compare/${before}...${after}`;
  const label = link(count === 1 ? "a commit" : `${count} commits`, compare);
  const shown = commits.slice(-MAX_COMMITS).map((given) => {
    const { id = "", message = "", url, author } = Commit.parse(given);
    const [first = ""] = message.split("\n");
    const by = author?.name && author.name !== nameOf(event) ? ` – ${plain(author.name)}` : "";
    return `- ${link(id.slice(0, SHORT_SHA), url)} ${plain(oneLine(first))}${by}`;
  });
  const left = count - shown.length;
  return said(
    event,
    `pushed ${label} to ${refOf(event)}`,
    lines(...shown, left > 0 && `- … and ${left} more`),
  );
}

function note(event: Event): string | null {
  const { object_attributes: comment = {}, issue, merge_request: merge, snippet, commit } = event;
  if (comment.action === "update") return null;
  const about = issue
    ? titled(issue, "#", comment.url)
    : merge
      ? titled(merge, "!", comment.url)
      : link(snippet?.title || (commit?.id ?? "").slice(0, SHORT_SHA) || "it", comment.url);
  return said(event, `commented on ${about}`, excerpt(comment.note));
}

function ofThing(
  event: Event,
  what: string,
  actions: Readonly<Record<string, string>>,
  sign: string,
): string | null {
  const { object_attributes: thing } = event;
  const done = thing && actions[thing.action ?? ""];
  if (!done) return null;
  const below = thing.action === "open" ? excerpt(thing.description) : "";
  return said(event, `${done} ${what} ${titled(thing, sign)}`, below);
}

/** What ran, once it has ended. */
function ofRun(
  event: Event,
  status: string | undefined,
  label: string,
  details: readonly (string | undefined)[],
): string | null {
  const sign = SIGNS[status ?? ""];
  if (sign === undefined) return null;
  const known = details.map((detail) => oneLine(detail ?? "")).filter((detail) => detail !== "");
  return lines(
    `${whereOf(event)}${sign} ${label}: ${status ?? ""}`,
    known.map((detail) => (detail.startsWith("`") ? detail : plain(detail))).join(" · "),
  );
}

/** A sentence about what somebody did. */
function said(event: Place & Pick<Event, "user" | "user_name">, what: string, below = ""): string {
  // A release does not say whose it is.
  return lines(`${whereOf(event)}${[plain(nameOf(event)), what].filter(Boolean).join(" ")}`, below);
}

/** A sentence about what became of something. */
function about(event: Place, what: string, below = ""): string {
  return lines(`${whereOf(event)}${what}`, below);
}

type Place = Pick<
  Event,
  "project" | "project_name" | "group" | "path_with_namespace" | "full_path" | "group_name"
>;

/** The project, or the group. */
function whereOf({ project, project_name, group, ...own }: Place): string {
  const ofProject = project?.path_with_namespace ?? project?.name ?? project_name ?? own.path_with_namespace;
  const name = ofProject ?? group?.full_path ?? group?.group_name ?? own.full_path ?? own.group_name;
  return name ? `**${link(name, project?.web_url)}** ` : "";
}

const nameOf = ({ user, user_name }: Pick<Event, "user" | "user_name">) =>
  user?.name ?? user?.username ?? user_name ?? "";

/** Number and title, as a link. @param place of a comment: leads there */
function titled({ iid, title, url }: Thing, sign: string, place?: string): string {
  return link([iid && sign + iid, title].filter(Boolean).join(" ") || "it", place ?? url);
}

const refOf = ({ ref = "" }: Event) => code(ref.replace(/^refs\/(?:heads|tags)\//, ""));

function excerpt(body: string | undefined): string {
  return quoted(cutMarkdown(fromMarkdown(body ?? "").trim(), EXCERPT));
}

/** A name in code; nothing of nothing. */
function code(name: string | undefined): string {
  return name ? `\`${oneLine(name).replaceAll("`", "'")}\`` : "";
}

/** Webhooks of GitLab. It repeats a call with the same `Idempotency-Key`. */
export const gitlab: Shape = {
  read: ({ body }) => {
    const event = Event.safeParse(body);
    // The events of a group have no kind of object.
    const kind = event.data?.object_kind ?? event.data?.event_name;
    if (!event.success || kind === undefined)
      throw invalid("body.object_kind", "must name the event, as GitLab's webhooks do");
    const write = Object.hasOwn(EVENTS, kind) ? EVENTS[kind] : undefined;
    const text = messageText(write?.(event.data) ?? "");
    return text === "" ? null : { text };
  },
  answer: answerAsJson,
  refuse: refuseAsJson,
};
