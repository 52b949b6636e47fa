import { expect } from "vitest";
import { type Answer, call } from "./api.ts";
import type { Caller } from "./chat.ts";
import { StrictMessage } from "./shapes.ts";

/** A message, wherever it is, as the wire names it. */
export interface Reference {
  conversation_id: number;
  seq: number;
}

export function reference({ conversation_id, seq }: Reference): Reference {
  return { conversation_id, seq };
}

/** Posts what may be refused. */
export function post({ token }: Caller, id: number, body: object): Promise<Answer> {
  return call("POST", `/v1/conversations/${id}/messages`, { token, body });
}

/** A merged message as it is sent. */
export function merged(items: Reference[], title = "of old") {
  return { kind: "merged", body: { title, items: items.map(reference) } };
}

/** A message as a merged one holds it. */
export function snapshot({ conversation_id, seq, sender, kind, body, created_at }: StrictMessage) {
  return { conversation_id, seq, sender, kind, body, created_at };
}

/** Posts what must be stored. */
export async function posted(who: Caller, id: number, body: object): Promise<StrictMessage> {
  const answer = await post(who, id, body);
  expect(answer.status, JSON.stringify(answer.body).slice(0, 300)).toBe(201);
  return StrictMessage.parse(answer.body);
}
