import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import { ConversationId, Seq, UserId } from "../ids.ts";
import type { BodyJson, Kind } from "./content.ts";
import type { SystemMessageDetails } from "./system-message.ts";

/** The quoted message as it is today: `preview` is empty once it is revoked. Absent for who may not see it. */
export interface Quote {
  seq: Seq;
  senderId: UserId;
  kind: Kind;
  preview: string;
}

/** Whom a message names: users, or everybody. */
export type Mentions = UserId[] | "all";

/** A message that names somebody who has not read it: `all`, everybody. */
export const Mentioned = z.object({ seq: Seq, senderId: UserId, all: z.boolean() });
export type Mentioned = z.infer<typeof Mentioned>;

/** Where a forwarded message was first written, by whom, and when: forwards of old do not know. */
export const Forwarded = z.object({
  conversationId: ConversationId,
  seq: Seq,
  senderId: UserId,
  createdAt: z.int().optional(),
});
export type Forwarded = z.infer<typeof Forwarded>;

/** How urgent a message is, as its sender says: it is kept and shown, and orders nothing. */
export const Priority = z.enum(["high", "normal", "low", "lowest"]);
export type Priority = z.infer<typeof Priority>;

/** A message as one reader sees it. */
export interface Message {
  conversationId: ConversationId;
  seq: Seq;
  sender: Person;
  /** what its sender is called in this group today, where that is not his own name */
  nameCard?: string | undefined;
  kind: Kind;
  /** `{}` once revoked; in a merged one today's profiles stand beside the snapshots */
  body: BodyJson;
  /** of a tip, what its body does not say; those of old have none */
  systemMessage?: SystemMessageDetails | undefined;
  quote?: Quote;
  mentions: Mentions;
  forwarded?: Forwarded | undefined;
  revoked: boolean;
  /** who has taken it back */
  revokedBy?: UserId | undefined;
  clientMsgId?: string | undefined;
  /** absent: as most */
  priority?: Priority | undefined;
  /** what its sender's program has put beside it, of no meaning here; gone once revoked */
  customData?: string | undefined;
  /** when its sender's clock says that it was sent, in ms since 1970: it orders and dates nothing */
  clientTime?: number | undefined;
  /** milliseconds since 1970; never decreases with `seq` */
  createdAt: number;
}

/** What a send asks for, validated and not yet allowed. */
export interface Draft {
  clientMsgId: string | undefined;
  clientTime?: number | undefined;
  kind: Kind;
  body: BodyJson;
  quoteSeq: Seq | undefined;
  mentions: Mentions;
  forwarded?: Forwarded | undefined;
  priority?: Priority | undefined;
  customData?: string | undefined;
  /** of a merged one: the profiles of who is shown in it, as far as they are known, and its bytes with them */
  rendered?: { people: Person[]; bytes: number } | undefined;
}

/** A message that is copied: its body as it is stored. */
export interface Original extends Pick<Message, "conversationId" | "seq" | "kind" | "createdAt"> {
  senderId: UserId;
  /** of a merged one: `shownBody` makes what readers get */
  body: BodyJson;
  forwarded?: Forwarded | undefined;
  revoked: boolean;
}

/** Messages to be copied, and the profiles of who wrote them and what is in them, as far as they are known. */
export interface Originals {
  messages: Original[];
  people: Person[];
}

/** A message, wherever it is. */
export interface MessageReference {
  conversationId: ConversationId;
  seq: Seq;
}

/** What a message copies from others: one that it forwards, or several that it holds under a title. */
type Copy =
  | { type: "forward"; source: MessageReference }
  | { type: "merged"; title: string; items: MessageReference[] };

/** A draft whose content is still to be read from other messages. */
export type ForwardDraft = Pick<
  Draft,
  "clientMsgId" | "quoteSeq" | "mentions" | "priority" | "customData"
> & {
  copy: Copy;
};

export type AnyDraft = Draft | ForwardDraft;

/** That a message is stored: its place is fixed and it will not be lost. */
export interface Receipt {
  seq: Seq;
  createdAt: number;
  /** of one that was stored before, where who sends it once more wants to be shown it */
  message?: Message;
}
