import { expect } from "vitest";
import { type Answer, call } from "./api.ts";
import type { Caller } from "./chat.ts";
import { StrictMessage } from "./shapes.ts";

/** The wire form of a reference to a message. */
export interface Reference {
  conversation_id: number;
  seq: number;
}

export function reference({ conversation_id, seq }: Reference): Reference {
  return { conversation_id, seq };
}

/** Posts a message, which may be refused. */
export function postDraft({ token }: Caller, id: number, body: object): Promise<Answer> {
  return call("POST", `/v1/conversations/${id}/messages`, { token, body });
}

/** The draft of a merged message. */
export function mergedDraft(items: Reference[], title = "of old") {
  return { kind: "merged", body: { title, items: items.map(reference) } };
}

/** A message as an item of a merged one. */
export function mergedItem({ conversation_id, seq, sender, kind, body, created_at }: StrictMessage) {
  return { conversation_id, seq, sender, kind, body, created_at };
}

/** Posts a message, and asserts that it is stored. */
export async function expectPosted(who: Caller, id: number, body: object): Promise<StrictMessage> {
  const answer = await postDraft(who, id, body);
  expect(answer.status, JSON.stringify(answer.body).slice(0, 300)).toBe(201);
  return StrictMessage.parse(answer.body);
}
