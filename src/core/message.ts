import { z } from "zod";
import type { BodyJson, Kind } from "./content.ts";
import { ConversationId, Seq, UserId } from "./ids.ts";

/** A person as others see him beside a message or in a list of members. */
export interface Person {
  id: UserId;
  username: string;
  nickname: string;
  /** an http(s) URL or `""` */
  avatar: string;
}

/** Who is shown where nothing is known of a user any more. */
export function goneUser(id: UserId): Person {
  return { id, username: `deleted-${id}`, nickname: "", avatar: "" };
}

/** The quoted message as it is today: `preview` is empty once it is revoked. Absent for who may not see it. */
export interface Quote {
  seq: Seq;
  senderId: UserId;
  kind: Kind;
  preview: string;
}

/** Whom a message names: users, or everybody. */
export type Mentions = UserId[] | "all";

/** Where a forwarded message was first written, and by whom. */
export const Forwarded = z.object({ conversationId: ConversationId, seq: Seq, senderId: UserId });
export type Forwarded = z.infer<typeof Forwarded>;

/** A message as one reader sees it. */
export interface Message {
  conversationId: ConversationId;
  seq: Seq;
  sender: Person;
  kind: Kind;
  /** `{}` once revoked */
  body: BodyJson;
  quote?: Quote;
  mentions: Mentions;
  forwarded?: Forwarded | undefined;
  revoked: boolean;
  clientMsgId?: string | undefined;
  /** milliseconds since 1970; never decreases with `seq` */
  createdAt: number;
}

/** What a send asks for, validated and not yet allowed. */
export interface Draft {
  clientMsgId: string | undefined;
  kind: Kind;
  body: BodyJson;
  quoteSeq: Seq | undefined;
  mentions: Mentions;
  forwarded?: Forwarded | undefined;
}

/** A message, wherever it is. */
export interface Reference {
  conversationId: ConversationId;
  seq: Seq;
}

/** What a message copies from others: one that it forwards, or several that it holds under a title. */
type Copy = { type: "forward"; source: Reference } | { type: "merged"; title: string; items: Reference[] };

/** A draft whose content is still to be read from other messages. */
export type CopyDraft = Pick<Draft, "clientMsgId" | "quoteSeq" | "mentions"> & { copy: Copy };

export type AnyDraft = Draft | CopyDraft;

/** That a message is stored: its place is fixed and it will not be lost. */
export interface Receipt {
  seq: Seq;
  createdAt: number;
}
