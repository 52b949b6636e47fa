import { z } from "zod";
import { HookOrigin } from "../conversations/incoming-hook.ts";
import { type ConversationId, Seq, type UserId } from "../ids.ts";
import type { Draft } from "../messages/message.ts";
import type { RuleId } from "./rules/rule.ts";

export const HeldMessageId = z.int().positive().brand<"HeldMessageId">();
export type HeldMessageId = z.infer<typeof HeldMessageId>;

/** `waiting`: nobody has decided yet. */
export const HeldState = z.enum(["waiting", "accepted", "refused"]);
export type HeldState = z.infer<typeof HeldState>;
export const HeldOutcome = HeldState.exclude(["waiting"]);
export type HeldOutcome = z.infer<typeof HeldOutcome>;

/** A draft that can wait. It has an id, so that it is stored once. Of a copy it has what rules look at. */
type HeldDraft = Omit<Draft, "forwarded" | "rendered" | "shadowed" | "hookOrigin"> & { clientMsgId: string };

/** Where a text was found that was stored all the same, if in no new message of a user. */
export const FoundIn = z.object({
  /** in an edit of that message */
  edits: Seq.optional(),
  /** in a post to that hook, for which its maker answers */
  hook: HookOrigin.pick({ id: true, name: true }).optional(),
});
type FoundIn = z.infer<typeof FoundIn>;

/** A message that a rule has found. */
export interface FoundMessage extends FoundIn {
  conversationId: ConversationId;
  /** of a post to a hook: who answers for the hook */
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
