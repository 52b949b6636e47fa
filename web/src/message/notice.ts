import type { LastMessage, Message } from "parley-client";
import { timeSpan } from "../i18n/duration.ts";
import { listed } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";

/** What a system message reports. */
type Report = Extract<Message, { kind: "tip"; revoked: false }>["body"];
/** What a system message says: what it reports, or the words of a team's backend. */
export type Notice = Report | { text: string };

/** So many users are named; the others are counted. */
const NAMED = 4;

/** What a system message says; undefined: it is a message of a user. */
export function noticeOf({ kind, body }: Pick<LastMessage, "kind" | "body">): Notice | undefined {
  if (kind === "system" && "text" in body) return { text: `${body.text}` };
  return kind === "tip" && isReport(body) ? body : undefined;
}

function isReport(body: LastMessage["body"]): body is Report {
  return "event" in body;
}

/** The users whom a notice names. */
export function usersOf(notice: Notice): number[] {
  if ("text" in notice) return [];
  const { actor_id: actor, user_ids: users } = notice;
  return [actor, ...users.slice(0, NAMED)];
}

/** A notice in words. @param nameOf what a user is called, if that is known */
export function noticeText(notice: Notice, me: number, nameOf: (id: number) => string | undefined): string {
  if ("text" in notice) return notice.text;
  const { event, actor_id: actorId, user_ids: ids } = notice;
  const name = (id: number) => isolated(nameOf(id) ?? t("notice.somebody"));
  const actor = actorId === me ? t("notice.you") : name(actorId);
  const named = ids.slice(0, NAMED).map((id) => (id === me ? t("notice.youObject") : name(id)));
  const others = ids.length - named.length;
  const users = listed([...named, ...(others > 0 ? [t("notice.others", { n: others })] : [])]);
  const [only] = ids.length === 1 ? ids : [];
  const isSelf = only === actorId;
  if (event === "joined" && isSelf) return t("notice.joined", { actor });
  if (event === "joined") return t("notice.added", { actor, users });
  return t(`notice.${factOf(notice)}`, {
    ...{ actor, users, name: isolated(notice.name ?? "") },
    time: timeSpan(notice.muted_for_s ?? 0),
  });
}

/** The text that a notice has. Those of old servers do not say what has changed. */
function factOf({ event, role, muted_for_s: muted, name, changed = [] }: Report) {
  if (role) return `role.${role}` as const;
  if (muted !== undefined) return muted ? "muted.for" : "muted.ended";
  return name ? "renamed" : (TOLD.find((field) => field === changed.join()) ?? event);
}

/** The fields of a profile whose change is told, where it is the only one. */
const TOLD = ["avatar", "announcement", "may_write", "slow_mode_s"] as const;

/** A name of Latin, Chinese, Japanese and Korean letters alone: no part of it is written from the right. */
const LEFT_TO_RIGHT = /^[ -\u024f\u2e80-\u9fff\uac00-\ud7af]*$/;

/**
 * A name that does not change the direction of the text around it. It is isolated if it could: a browser sets
 * no gap between Chinese and what is isolated.
 */
function isolated(name: string): string {
  return LEFT_TO_RIGHT.test(name) ? name : `\u2068${name}\u2069`;
}
