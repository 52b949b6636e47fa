import { expect } from "vitest";
import type { z } from "zod";
import { MemberResults, ServerConversation } from "../../../src/surfaces/v1/server/conversations.ts";
import { type Answer, call } from "../clients/api.ts";

const StrictServerConversation = ServerConversation.strict();
export type ServerConversationAnswer = z.infer<typeof ServerConversation>;

/** The path of a conversation under /v1/server. @param ref the id, or the backend's own id */
export function conversationPath(ref: number | string, rest = ""): string {
  const text = typeof ref === "number" ? String(ref) : encodeURIComponent(`ext:${ref}`);
  return `/v1/server/conversations/${text}${rest}`;
}

/** The conversation of an answer, with no further field. */
export function conversationOf({ status, body }: Answer, expected: number): ServerConversationAnswer {
  expect(status, JSON.stringify(body)).toBe(expected);
  return StrictServerConversation.parse(body);
}

/** Makes or changes a group by a key. @param expected the status */
export async function putGroup(
  token: string,
  ref: number | string,
  fields: object = {},
  expected = 201,
): Promise<ServerConversationAnswer> {
  const answer = await call("PUT", conversationPath(ref), { token, body: { kind: "group", ...fields } });
  return conversationOf(answer, expected);
}

/** Adds and removes members by a key. */
export async function patchMembers(token: string, ref: number | string, body: object) {
  const answer = await call("PATCH", conversationPath(ref, "/members"), { token, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return MemberResults.parse(answer.body).items;
}

/** An external id that no other test uses. */
export function freshConversationId(): string {
  return `c-${crypto.randomUUID()}`;
}
