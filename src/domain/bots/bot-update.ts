import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import type { ConversationKind } from "../conversations/conversation.ts";
import { type ConversationCode, type Seq, SessionId, type SpaceId, type UserId } from "../ids.ts";
import type { Message, MessageReference } from "../messages/message.ts";
import type { ReactionKey } from "../messages/reactions.ts";
import type { RoleId } from "../spaces/role.ts";
import type { SpaceChange } from "../spaces/view.ts";
import type { ConversationContext } from "../sync/message-context.ts";
import type { Tap } from "./tap.ts";

/** Something that a bot is told, without its number: its kind, and JSON of an object. */
export interface BotUpdate {
  kind: string;
  body: string;
  /** the message whose text it has; absent: none */
  seq?: Seq;
}

/** A bot update with its number: the numbers of a bot only rise. */
export interface NumberedUpdate extends BotUpdate {
  id: number;
}

/** A bot update as JSON, with its number. */
export function updateJson({ id, body }: NumberedUpdate): string {
  return `{"update_id":${id},${body.slice(1)}`;
}

/**
 * Where a bot update is of. `code`: of a direct conversation, for APIs that name it by its code. `people`:
 * users whom its messages name. `members`: in a channel, what who has written them has in its space.
 */
export type BotPlace = Pick<ConversationContext, "id" | "kind" | "name" | "peer" | "self" | "spaceId"> & {
  code?: ConversationCode;
  people?: readonly Person[];
  members?: readonly BotPlaceMember[];
};

/** What a member of a space has there. */
export interface BotPlaceMember {
  userId: UserId;
  roleIds: readonly RoleId[];
  nameCard: string;
}

/** The reactions of one user to a message, before and after a change. */
export interface ReactionChange {
  message: Message;
  userId: UserId;
  before: ReactionKey[];
  after: ReactionKey[];
}

/** How an API for bots writes what a conversation has for a bot. null: bots are not told of it. */
export interface BotFormat {
  /** Whether bots are told of a conversation. */
  tells(conversation: { kind: ConversationKind; spaceId?: SpaceId | undefined }): boolean;
  /** a message of somebody else; of the kind `tip` too */
  message(message: Message, place: BotPlace): BotUpdate | null;
  /** a message of somebody else that was edited */
  edited(message: Message, place: BotPlace): BotUpdate | null;
  /** a message that another user has revoked */
  revoked(message: Message, place: BotPlace): BotUpdate | null;
  /** What stands for a text that waits, once the bot may not read its channel; null: nothing does. */
  hidden(message: MessageReference, spaceId: SpaceId): BotUpdate | null;
  /** the kind under which bots are told who reacts; null: they are not */
  reactionKind: string | null;
  /** how the reactions of another user to a message have changed, the bot's own messages too */
  reacted(change: ReactionChange, place: BotPlace): BotUpdate[];
  /** The bot has come into a group. @param by who did it; null: not known */
  joined(by: Person | null, at: number, place: BotPlace): BotUpdate | null;
  /** The bot is out of a group. @param by who has removed it; null: it has left */
  left(by: Person | null, at: number, place: BotPlace): BotUpdate | null;
  /** In a direct conversation one of the two blocks the other now, or none does any more. */
  blocked(isBlocked: boolean, at: number, place: BotPlace): BotUpdate | null;
  /**
   * a tap on a button of the bot
   * @param message null: the bot sees it no more
   */
  tapped(tap: Tap, message: Message | null, place: BotPlace): BotUpdate | null;
  /** What has become of a space of the bot; absent: bots are not told of it. */
  spaceChanged?(change: SpaceChange, self: UserId): BotUpdate[];
  /** Whether a bot that has asked for these kinds is told of one; null: it has not said. */
  isWanted(kind: string, allowed: readonly string[] | null): boolean;
}

/** The same of an API whose updates may wait for long. */
export interface KeptBotFormat extends BotFormat {
  /** the users whom an update shows by name */
  usersIn(body: string): UserId[];
  /** The update with the names that these users have now. */
  renamed(body: string, people: ReadonlyMap<UserId, Person>): string;
  /** The headers of a call of the webhook, besides the type of its body. */
  webhookHeaders(webhook: BotWebhook): Record<string, string>;
}

/**
 * Where bot updates are sent. `secret`: stands in each call; null: none does. It ends with the session that
 * has set it.
 */
export const BotWebhook = z.object({
  url: z.string(),
  secret: z.string().nullable(),
  sessionId: SessionId,
  expiresAt: z.int(),
});
export type BotWebhook = z.infer<typeof BotWebhook>;

/** What a bot asks of its updates. */
export interface UpdatesRequest {
  /** those before it are taken; negative: so many of the newest are kept. Absent: all are asked for */
  offset?: number | undefined;
  limit: number;
  /** how long to wait for the first one, in ms */
  waitMs: number;
  /** the kinds that are told from now on; absent: as before */
  allowed?: string[] | undefined;
}

/** `webhook`: one is set. `ended`: another call has asked meanwhile. */
export type UpdatesAnswer = { updates: NumberedUpdate[] } | { refused: "webhook" | "ended" };

/** What becomes of the webhook of a bot. */
export interface WebhookChange {
  /** null: there is none */
  webhook: BotWebhook | null;
  /** absent: as before */
  allowed?: string[] | undefined;
  /** what waits is forgotten */
  drops: boolean;
}

/** The webhook of a bot, and what waits. */
export interface WebhookState {
  webhook: Pick<BotWebhook, "url"> | null;
  waiting: number;
  allowed: string[] | null;
  /** the last call that was not taken, and when it was tried (ms since 1970) */
  failure: { at: number; error: string } | null;
}

/** The way to a bot's webhook. */
export interface BotCaller {
  /**
   * Calls a webhook, by the guarded way out.
   * @returns `status` null: there was no answer, for this reason; `json` of an answer with 2xx, if it is JSON
   */
  call(
    url: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<{ status: number | null; error: string; json: unknown }>;
  /**
   * Makes the call that a webhook has answered with. Never rejects.
   * @returns why it was not done, for the maker of the bot; null: it was, or there was none
   */
  make(userId: UserId, webhook: BotWebhook, call: unknown): Promise<string | null>;
}
