import { z } from "zod";
import type { ConversationId, UserId } from "../ids.ts";
import type { Draft } from "../messages/message.ts";
import type { RuleId } from "./rules/rule.ts";

export const HeldMessageId = z.int().positive().brand<"HeldMessageId">();
export type HeldMessageId = z.infer<typeof HeldMessageId>;

/** `waiting`: nobody has decided yet. */
export const HeldState = z.enum(["waiting", "accepted", "refused"]);
export type HeldState = z.infer<typeof HeldState>;
export const HeldOutcome = HeldState.exclude(["waiting"]);
export type HeldOutcome = z.infer<typeof HeldOutcome>;

/** A draft that can wait. It has an id, so that it is stored once. */
type HeldDraft = Omit<Draft, "forwarded" | "rendered" | "shadowed"> & { clientMsgId: string };

/** A message that a rule has found. */
export interface FoundMessage {
  conversationId: ConversationId;
  senderId: UserId;
  draft: HeldDraft;
  /** those that it matches */
  rules: RuleId[];
  /** whether it was stored all the same */
  isStored: boolean;
}

/** The same as staff decides of it. Times are ms since 1970. */
export interface HeldMessage extends FoundMessage {
  id: HeldMessageId;
  state: HeldState;
  createdAt: number;
}
