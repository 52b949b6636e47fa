import {
  ComposerContent,
  type ComposerDraft,
  type DiscardedDraft,
  type DraftWrite,
  type WrittenDraft,
} from "../domain/conversations/composer-draft.ts";
import { accountOver, CoreError, noConversation } from "../domain/errors.ts";
import type { ConversationId, SessionId, UserId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Conversations, MemberSnapshot } from "../domain/ports.ts";
import type { InboxUpdate } from "../domain/sync/inbox-update.ts";
import type { DeviceEvent } from "../domain/sync/socket-protocol.ts";
import type { Timing } from "../domain/timing.ts";
import { withDeadline } from "../object/calls/deadline.ts";
import { KeyQueue } from "../object/key-queue.ts";
import type { ListedAs } from "./list/list-writer.ts";

/** The table of composer drafts. `content`: a `ComposerContent` as JSON. */
export const COMPOSER_DRAFTS_TABLE = `
  CREATE TABLE composer_drafts (
    conversation_id INTEGER PRIMARY KEY,
    content TEXT NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;`;

type DraftRow = { conversation_id: ConversationId; content: string; updated_at: number };

/** What composer drafts need from the inbox. */
interface ComposerDraftsDeps {
  conversations: Pick<Conversations, "snapshot">;
  /** how the list has a conversation; null: not at all */
  listedAs(id: ConversationId): ListedAs | null;
  storeSnapshot(update: InboxUpdate): void;
  /** sends an event to the user's devices, except those of a session */
  tell(event: DeviceEvent, except: SessionId | null): void;
  isDeleted(): boolean;
  userId(): UserId;
  timing: Pick<Timing, "deviceFeed">;
}

/**
 * The composer drafts of a user: what they are writing, one in each conversation, for their devices alone.
 * The last writer wins. A draft goes
 * - with the send that has its client message id: the conversation says so in each later inbox update;
 * - when the user leaves the conversation, or deletes it for themself, by the inbox update that says it;
 * - with the account, as all tables.
 */
export class ComposerDrafts {
  readonly #sql: SqlStorage;
  readonly #deps: ComposerDraftsDeps;
  /** The writes of one conversation have an order: their calls to the conversation do not overtake. */
  readonly #turns = new KeyQueue<ConversationId>();
  /** the client message ids that were sent during the write that is under way, by conversation */
  readonly #sentMeanwhile = new Map<ConversationId, Set<string>>();

  constructor(sql: SqlStorage, deps: ComposerDraftsDeps) {
    this.#sql = sql;
    this.#deps = deps;
  }

  /**
   * Stores a draft, and tells the user's other sessions. The same content once more changes nothing. With
   * `replaces` a draft that is there stays, unless it is that one or has the same client message id.
   * @throws `not_found` unless the user is a member, `conflict` if its message is sent already, or the user
   *   has too many drafts, `unavailable` if the conversation does not answer in time
   */
  put({ conversationId: id, sessionId, content, replaces }: WrittenDraft): Promise<DraftWrite> {
    return this.#turns.run(id, async () => {
      // The conversation looks for the message of the last draft that it was asked about: that of the row.
      const unseen = this.#unseen(id, content, replaces);
      if (unseen) return { isWritten: false, draft: unseen };
      const sent = new Set<string>();
      this.#sentMeanwhile.set(id, sent);
      try {
        const { clientMsgId } = content;
        const { isSent } = await this.#open(id, clientMsgId);
        if (isSent || (clientMsgId !== undefined && sent.has(clientMsgId))) throw alreadySent();
        return { isWritten: true, draft: this.#store(id, sessionId, content) };
      } finally {
        this.#sentMeanwhile.delete(id);
      }
    });
  }

  /**
   * Deletes the draft of a conversation, or that of one time alone, and tells the user's other sessions.
   * Idempotent.
   * @throws `not_found` unless the user is a member, `unavailable` as `put`
   */
  discard({ conversationId: id, sessionId, updatedAt }: DiscardedDraft): Promise<void> {
    return this.#turns.run(id, async () => {
      if (this.#deps.listedAs(id)?.state !== "active") await this.#open(id, undefined);
      if (updatedAt === undefined || this.#row(id)?.updated_at === updatedAt) this.#clear(id, sessionId);
    });
  }

  /** The drafts of these conversations. */
  of(ids: ConversationId[]): Map<ConversationId, ComposerDraft> {
    const query = `SELECT * FROM composer_drafts
      WHERE conversation_id IN (SELECT value FROM json_each(?))`;
    const rows = this.#sql.exec<DraftRow>(query, JSON.stringify(ids)).toArray();
    return new Map(rows.map((row) => [row.conversation_id, toDraft(row)]));
  }

  /** Clears the draft that an inbox update ends. @see ListObserver.taken */
  taken(update: InboxUpdate, listedAs: () => ListedAs | null): void {
    const { conversationId: id, sentComposer } = update;
    if (sentComposer !== undefined) {
      this.#sentMeanwhile.get(id)?.add(sentComposer);
      if (this.#read(id)?.clientMsgId === sentComposer) this.#clear(id, null);
    }
    if (update.state === "active" && !update.deletedForMe) return;
    const before = listedAs();
    // A late update says nothing of today.
    if (before && update.version <= before.version) return;
    const isDeletedNow = before?.deletedForMe === false;
    if (update.state !== "active" || isDeletedNow) this.#clear(id, null);
  }

  /** Clears the draft of a conversation that the list does not have any more. */
  forgotten(id: ConversationId): void {
    this.#clear(id, null);
  }

  /**
   * Asks the conversation whether the user is a member. Its answer is in the list then, unless that knows
   * more.
   * @throws `not_found` unless the user is a member
   */
  async #open(id: ConversationId, clientMsgId: string | undefined): Promise<MemberSnapshot> {
    const { conversations, isDeleted, listedAs, storeSnapshot, timing, userId } = this.#deps;
    const call = conversations.snapshot(id, { userId: userId(), writes: clientMsgId });
    const snapshot = await withDeadline(call, timing.deviceFeed.callTimeoutMs);
    if (isDeleted()) throw accountOver();
    if (snapshot.update.state !== "active") throw noConversation();
    storeSnapshot(snapshot.update);
    if (listedAs(id)?.state !== "active") throw noConversation();
    return snapshot;
  }

  /** The draft that a write would replace unseen. */
  #unseen(
    id: ConversationId,
    content: ComposerContent,
    replaces: number | undefined,
  ): ComposerDraft | undefined {
    const row = this.#row(id);
    if (!row || replaces === undefined || replaces === row.updated_at) return undefined;
    const draft = toDraft(row);
    const isOwn = draft.clientMsgId !== undefined && draft.clientMsgId === content.clientMsgId;
    return isOwn || row.content === JSON.stringify(content) ? undefined : draft;
  }

  #store(id: ConversationId, sessionId: SessionId, content: ComposerContent): ComposerDraft {
    const json = JSON.stringify(content);
    const known = this.#row(id);
    if (known?.content === json) return toDraft(known);
    if (!known) this.#requireRoom();
    // No two drafts that follow each other have one time.
    const updatedAt = Math.max(Date.now(), (known?.updated_at ?? -1) + 1);
    const columns = "conversation_id, content, updated_at";
    this.#sql.exec(
      `INSERT OR REPLACE INTO composer_drafts (${columns}) VALUES (?, ?, ?)`,
      id,
      json,
      updatedAt,
    );
    const draft = { ...content, updatedAt };
    this.#deps.tell({ type: "composer_draft", conversationId: id, draft }, sessionId);
    return draft;
  }

  /** @throws `conflict` if there are as many drafts as a user may have */
  #requireRoom(): void {
    const { count } = this.#sql
      .exec<{ count: number }>("SELECT count(*) AS count FROM composer_drafts")
      .one();
    if (count < LIMITS.composerDrafts) return;
    const detail = `You have ${LIMITS.composerDrafts} drafts, which is the most: send or delete one first.`;
    throw new CoreError("conflict", detail);
  }

  #row(id: ConversationId): DraftRow | undefined {
    const query = "SELECT * FROM composer_drafts WHERE conversation_id = ?";
    return this.#sql.exec<DraftRow>(query, id).toArray()[0];
  }

  #read(id: ConversationId): ComposerDraft | undefined {
    const row = this.#row(id);
    return row && toDraft(row);
  }

  /** @param except the session that has discarded it; null: none has */
  #clear(id: ConversationId, except: SessionId | null): void {
    const draft = this.#read(id);
    if (!draft) return;
    this.#sql.exec("DELETE FROM composer_drafts WHERE conversation_id = ?", id);
    const { clientMsgId, updatedAt } = draft;
    const gone = { ...(clientMsgId !== undefined && { clientMsgId }), updatedAt };
    this.#deps.tell({ type: "composer_draft", conversationId: id, draft: null, ...gone }, except);
  }
}

function toDraft({ content, updated_at: updatedAt }: DraftRow): ComposerDraft {
  return { ...ComposerContent.parse(JSON.parse(content)), updatedAt };
}

function alreadySent(): CoreError {
  const detail = "The message with this client_msg_id is sent: what is written now needs another one.";
  return new CoreError("conflict", detail);
}
