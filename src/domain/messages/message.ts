import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import type { User } from "../accounts/user.ts";
import type { Buttons } from "../bots/buttons.ts";
import type { HookOrigin } from "../conversations/incoming-hook.ts";
import { ConversationId, SenderId, Seq, UserId } from "../ids.ts";
import type { MetadataJson } from "../server/metadata.ts";
import { RoleId } from "../spaces/role.ts";
import { StoredTime } from "../time.ts";
import type { BodyJson, Kind } from "./content.ts";
import type { LinkPreview } from "./link-preview.ts";
import type { Poll, PollBody } from "./polls.ts";
import type { Reaction, ReactionKey } from "./reactions.ts";
import type { SystemMessageDetails } from "./system-message.ts";
import type { ThreadPlace, ThreadSummary } from "./thread.ts";

/**
 * The quoted message as it is today: `preview` is empty once it is revoked. Absent for readers who may not
 * see it.
 */
export interface Quote {
  seq: Seq;
  senderId: UserId;
  sender: Person;
  /** of a message that an incoming hook has brought: the name that it is shown under */
  senderName?: string | undefined;
  kind: Kind;
  preview: string;
  /** of a poll: see `Message` */
  poll?: Poll | undefined;
  clientMsgId?: string | undefined;
  /** milliseconds since 1970 */
  createdAt: number;
}

/** The users that a message mentions, or everybody. */
export type Mentions = UserId[] | "all";

/** The users whom a message or a draft names, also beside everybody. */
export function usersMentioned({
  mentions,
  alsoMentioned = [],
}: {
  mentions: Mentions;
  alsoMentioned?: UserId[] | undefined;
}): UserId[] {
  return mentions === "all" ? alsoMentioned : mentions;
}

/**
 * Roles of the space, and who of the followers was online, that a message in a channel mentions: those of
 * them who read it are among its mentions.
 */
export const RoleMentions = z.object({ roles: z.array(RoleId), here: z.boolean() });
export type RoleMentions = z.infer<typeof RoleMentions>;

/**
 * An unread message that mentions a user. `all`: it mentions everybody; `named`: and this user by name
 * besides; `threadRoot`: it is a thread-only reply to that message.
 */
export const Mentioned = z.object({
  ...{ seq: Seq, senderId: UserId, all: z.boolean() },
  named: z.literal(true).optional(),
  threadRoot: Seq.optional(),
});
export type Mentioned = z.infer<typeof Mentioned>;

/** The first message of a chain of forwards. */
export const Forwarded = z.object({
  conversationId: ConversationId,
  seq: Seq,
  senderId: SenderId,
  createdAt: StoredTime,
});
export type Forwarded = z.infer<typeof Forwarded>;

/** The urgency of a message, as its sender states it. It is stored and shown, and has no effect on order. */
export const Priority = z.enum(["high", "normal", "low", "lowest"]);
export type Priority = z.infer<typeof Priority>;

/** The part of a message that is its reader's own. All readers share the rest. */
export interface OwnPart {
  /** the keys of their reactions, in the order of their use */
  mine?: ReactionKey[];
  /** the options of a poll for which they have voted, by index */
  votes?: number[];
}

/** A user who has put a reaction or a vote, and when (ms since 1970). */
export interface UserOfMark {
  user: User;
  createdAt: number;
}

/**
 * A message as one reader sees it. Without its own part: nobody has, or had, one of this message; or it is
 * rendered for several readers.
 */
export interface Message extends OwnPart {
  conversationId: ConversationId;
  seq: Seq;
  sender: Person;
  /** the sender's current name card in this group, where it differs from their own name */
  nameCard?: string | undefined;
  kind: Kind;
  /** `{}` once revoked; the snapshots of a merged message have current profiles */
  body: BodyJson;
  /** of a system message: details that are not in its body */
  systemMessage?: SystemMessageDetails | undefined;
  /** of a poll: what it is besides the text that kind and body are */
  poll?: Poll | undefined;
  quote?: Quote;
  /** the thread in which it answers */
  thread?: ThreadPlace | undefined;
  /** of a reply that quotes nothing itself: its root, for APIs that have quotes and no threads */
  rootQuote?: Quote;
  /** of a root with replies */
  threadSummary?: ThreadSummary | undefined;
  mentions: Mentions;
  /** the users whom a message that mentions everybody names besides, for APIs that have both */
  alsoMentioned?: UserId[] | undefined;
  roleMentions?: RoleMentions | undefined;
  forwarded?: Forwarded | undefined;
  /** in the order of their first use; absent: none */
  reactions?: Reaction[];
  revoked: boolean;
  /** the user who revoked it */
  revokedBy?: UserId | undefined;
  /** the `rev` of its revoke; later changes of a revoked message, as of its thread, have higher ones */
  revokedRev?: number | undefined;
  clientMsgId?: string | undefined;
  /** absent: normal, or not stated */
  priority?: Priority | undefined;
  /** custom data of the sender's client, which the core does not interpret; removed by a revoke */
  customData?: string | undefined;
  /** rises by one with each change of the custom data; absent: 0 */
  customVersion?: number | undefined;
  /** what its sender keeps with it; removed by a revoke; absent: nothing, or the reader has left */
  metadata?: MetadataJson | undefined;
  /** it counts as unread for nobody */
  silent?: true | undefined;
  /** an import has brought it: said to inboxes that ask for it, as nobody is notified of it */
  isImported?: true | undefined;
  /** what it shows of the page that it links to; absent: nothing, or the reader has left */
  linkPreview?: LinkPreview | undefined;
  /** of a bot's; removed by a revoke; absent: none, or the reader has left */
  buttons?: Buttons | undefined;
  /** the place that the message names, as its sender wrote it, where the body alone does not give it back */
  place?: string | undefined;
  /**
   * the sender's clock at the time of the send (ms since 1970); it has no effect on order or on `createdAt`
   */
  clientTime?: number | undefined;
  /** when it was pinned (ms since 1970), and by whom */
  pinned?: { at: number; by: UserId } | undefined;
  /** the number of its last change in the conversation; 0: it never changed */
  rev: number;
  /** 1, and one more with each edit */
  version: number;
  /** the time of its last edit (ms since 1970); absent: it was never edited, or is revoked */
  editedAt?: number | undefined;
  /** milliseconds since 1970; never decreases with `seq` */
  createdAt: number;
}

/** A send after validation, before the permission checks. */
export interface Draft {
  clientMsgId: string | undefined;
  clientTime?: number | undefined;
  kind: Kind;
  body: BodyJson;
  /** of a poll, whose kind and body are its text */
  poll?: PollBody | undefined;
  quoteSeq: Seq | undefined;
  /** the thread in which it answers; absent: none */
  thread?: ThreadPlace | undefined;
  mentions: Mentions;
  /** with mentions of everybody: the users who are named besides */
  alsoMentioned?: UserId[] | undefined;
  roleMentions?: RoleMentions | undefined;
  forwarded?: Forwarded | undefined;
  priority?: Priority | undefined;
  customData?: string | undefined;
  /** see `Message` */
  metadata?: MetadataJson | undefined;
  /** see `Message`; not with mentions or a thread */
  silent?: true | undefined;
  /** its sender wants no preview of what it links to */
  noPreview?: true | undefined;
  /** of a bot's; copies have none */
  buttons?: Buttons | undefined;
  /** its sender alone sees it, and does not learn that */
  shadowed?: true | undefined;
  /** see `Message` */
  place?: string | undefined;
  /** of a merged message: the known profiles of the people shown in it, and its size in bytes with them */
  rendered?: { people: Person[]; bytes: number } | undefined;
  /** of a message by nobody: the incoming hook that has brought it */
  hookOrigin?: HookOrigin | undefined;
}

/** A notice of a team's backend, by nobody. */
export interface NoticeDraft {
  clientMsgId?: string | undefined;
  /** JSON of `Notice` */
  body: BodyJson;
  metadata?: MetadataJson | undefined;
}

/** What of a draft its conversation checks ahead, and the id under which it may have been sent. */
export type DraftReferences = Pick<
  Draft,
  "clientMsgId" | "quoteSeq" | "thread" | "mentions" | "alsoMentioned" | "roleMentions" | "buttons"
>;

/** A message to be copied, with its stored body. */
export interface Original extends Pick<Message, "conversationId" | "seq" | "kind" | "place" | "createdAt"> {
  senderId: UserId;
  /** the incoming hook that has brought it, as `Draft.hookOrigin` */
  hook?: HookOrigin | undefined;
  /** of a merged message: `bodyWithProfiles` makes the body for readers */
  body: BodyJson;
  forwarded?: Forwarded | undefined;
  /** see `Draft`; the votes are not copied */
  poll?: PollBody | undefined;
  revoked: boolean;
}

/** Messages to be copied, and the known profiles of their senders and of the people shown in them. */
export interface Originals {
  messages: Original[];
  people: Person[];
}

/** A reference to a message. */
export interface MessageReference {
  conversationId: ConversationId;
  seq: Seq;
}

/** The source of a copy: one message to forward, or several to merge under a title. */
type Copy =
  | { type: "forward"; source: MessageReference }
  | { type: "merged"; title: string; items: MessageReference[] };

/** A draft whose content is copied from other messages when it is sent. */
export type ForwardDraft = Pick<
  Draft,
  | ("clientMsgId" | "quoteSeq" | "thread" | "mentions" | "alsoMentioned" | "roleMentions")
  | ("priority" | "customData" | "metadata" | "silent" | "noPreview")
> & {
  copy: Copy;
};

/** A draft with its own content, or with content to be copied. */
export type AnyDraft = Draft | ForwardDraft;

/** The confirmation that a message is stored durably under a final seq. */
export interface Receipt {
  seq: Seq;
  createdAt: number;
}

/** The custom data of a text that was sent over kook as KMarkdown: it comes back there as it was written. */
export const KMARKDOWN = JSON.stringify({ kook_type: 9 });
