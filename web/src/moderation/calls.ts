import type { Chat, components } from "parley-client";

/** A report as lists have it. */
export type Report = components["schemas"]["Report"];
/** A file that a report keeps. */
export type KeptFile = components["schemas"]["KeptFile"];
/** A report with the messages that it keeps. */
export type KeptReport = components["schemas"]["KeptReport"];
/** A user as staff is shown them. */
export type ModeratedUser = components["schemas"]["ModeratedUser"];

/** A message that a rule holds back or has flagged. */
export type HeldMessage = components["schemas"]["HeldMessage"];

type Rules = components["schemas"]["ModerationRuleList"];
/** A rule that messages are checked against. */
export type Rule = Rules["items"][number];
/** What rules say of a text. */
export type Verdict = components["schemas"]["ModerationRulesVerdict"];

type Api = Chat["api"];

/** The header that tells why a call is made. */
function because(reason: string): { headers: Record<string, string> } {
  return { headers: { "Parley-Reason": encodeURIComponent(reason) } };
}

/** Deletes something, and tells why. @param path below `/v1/moderation/` */
function remove(api: Api, path: string, reason: string): Promise<unknown> {
  return api.request("delete", `/v1/moderation/${path}`, because(reason));
}

/** Deletes a message for everybody. */
export function revokeMessage(api: Api, id: number, seq: number, reason: string): Promise<unknown> {
  return remove(api, `conversations/${id}/messages/${seq}`, reason);
}

/** Dissolves a group. */
export function dissolveGroup(api: Api, id: number, reason: string): Promise<unknown> {
  return remove(api, `conversations/${id}`, reason);
}

/** Deletes what a user has sent since a time, in ms since 1970. */
export function revokeMessagesOf(api: Api, id: number, since: number, reason: string): Promise<unknown> {
  return remove(api, `users/${id}/messages?since=${since}`, reason);
}

/** Has the browser save a file that a report keeps. It opens nothing: its sender is not to be trusted. */
export async function saveKeptFile(api: Api, { path, name }: KeptFile): Promise<void> {
  await api.request("get", path, {
    retry: false,
    send: async (url, init) => {
      const answer = await fetch(url, init);
      if (!answer.ok) return answer;
      const saved = URL.createObjectURL(await answer.blob());
      Object.assign(document.createElement("a"), { href: saved, download: name }).click();
      // The browser begins the download in a later turn.
      setTimeout(() => URL.revokeObjectURL(saved), 60_000);
      return new Response();
    },
  });
}

/** Ends a suspension. */
export function liftSuspension(api: Api, id: number, reason: string): Promise<unknown> {
  return remove(api, `users/${id}/suspension`, reason);
}

/**
 * Suspends a user.
 * @param until ms since 1970; null: for good
 * @param shadow they stay signed in, and nobody else sees what they send
 */
export function suspendUser(
  api: Api,
  id: number,
  until: number | null,
  reason: string,
  shadow = false,
): Promise<unknown> {
  const body = { reason, ...(shadow && { shadow }), ...(until !== null && { until }) };
  const input = { path: { ref: `${id}` }, body };
  return api.call("put", "/v1/moderation/users/{ref}/suspension", input);
}

/** Replaces all rules. @throws {Problem} `conflict`: the version is not the newest */
export function replaceRules(api: Api, rules: Rules, reason: string): Promise<Rules> {
  const headers = { ...because(reason).headers, "Content-Type": "application/json" };
  return api.request("put", "/v1/moderation/rules", { headers, body: JSON.stringify(rules) });
}
