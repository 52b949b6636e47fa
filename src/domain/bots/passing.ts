import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import { invalid } from "../errors.ts";
import type { ConversationId, Seq } from "../ids.ts";
import type { BodyJson, Kind } from "../messages/content.ts";
import type { Buttons } from "./buttons.ts";

/** The id of a passing message, by which a client tells it from another one. */
export const PassingId = z
  .string()
  .regex(/^passing-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  .brand<"PassingId">();
export type PassingId = z.infer<typeof PassingId>;

/** A message of a bot for one member alone. Nothing stores it: it has no place in the conversation. */
export interface PassingMessage {
  id: PassingId;
  conversationId: ConversationId;
  sender: Person;
  kind: Kind;
  body: BodyJson;
  /** the message that it answers, if its reader sees that */
  quoteSeq?: Seq | undefined;
  buttons?: Buttons | undefined;
  /** ms since 1970 */
  createdAt: number;
}

export function newPassingId(): PassingId {
  return PassingId.parse(`passing-${crypto.randomUUID()}`);
}

/** @throws `validation_failed` for buttons with data: a tap names a stored message */
export function requirePassingButtons(buttons: Buttons | undefined): void {
  if (!buttons?.flat().some(({ data }) => data !== undefined)) return;
  throw invalid("body.buttons", "must have `url` alone with `only_for`: nobody can tap on a passing message");
}
