import { deletedUser } from "../../domain/accounts/person.ts";
import type { BotFormat, BotPlace, BotUpdate } from "../../domain/bots/bot-update.ts";
import { namedIn } from "../../domain/bots/named-users.ts";
import { CoreError, nullIfNotFound } from "../../domain/errors.ts";
import { type ConversationId, Position, type Seq, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { readTip } from "../../domain/messages/content.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { PutReaction } from "../../domain/messages/reactions.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { Reacted } from "./told-reactions.ts";
import type { BotCursor, RevokedMessage, UpdateQueue } from "./update-queue.ts";

/** The calls of one run, without further pages. */
const CALLS = 4;
/** The pages of changes that one run reads: `LIMITS.changes` in all. */
const MAX_CHANGE_PAGES = 50;

/** A page of messages for a bot. */
const NEWEST = { limit: LIMITS.page, marksImported: true };

/** What an inbox update says of how far a conversation is. */
type Head = Pick<
  InboxUpdate,
  "kind" | "spaceId" | "version" | "state" | "isBlocked" | "newFrom" | "lastSeq" | "rev"
>;

/** The users of updates: whom they name, and who has written the messages. */
export interface UsersTold {
  named: readonly UserId[];
  senders: readonly UserId[];
}

interface FeedDeps {
  queue: UpdateQueue;
  format: BotFormat;
  conversations: Pick<Conversations, "snapshot" | "pageWithContext" | "page" | "changes">;
  timing: Pick<Timing, "botUpdates">;
  userId(): UserId;
  /** what the format says of a conversation besides its context */
  placeOf(context: BotPlace, users: UsersTold): Promise<BotPlace>;
  /** how the bot was removed from a group; null: not by others, as far as is known by now */
  removalFrom(id: ConversationId): { by: UserId; at: number } | null;
  /** updates were added */
  added(): void;
}

/**
 * Reads for a bot what its conversations have, behind the bot's cursor of each: a crash, a late update and
 * one that is repeated do no harm.
 */
export class ConversationFeed {
  readonly #deps: FeedDeps;
  /** the newest updates in memory: they save a question */
  readonly #heads = new Map<ConversationId, Head>();
  /** channels that the bot has lost since they were read, perhaps to have them back: by which update */
  readonly #lost = new Map<ConversationId, InboxUpdate>();
  /** groups that the bot is out of, nobody knows yet by whom */
  readonly #leaving = new Set<ConversationId>();

  constructor(deps: FeedDeps) {
    this.#deps = deps;
  }

  /** @see Outfeed.taken */
  taken(update: InboxUpdate): number | null {
    const { conversationId: id, kind, spaceId, version, state, isBlocked = false } = update;
    const { newFrom, lastSeq, rev } = update;
    const { format, queue } = this.#deps;
    if (!format.tells(update)) return null;
    const known = this.#heads.get(id);
    // Also what comes late: nothing is told of the time without the channel.
    if (isLost(update)) this.#lost.set(id, update);
    // A change that is announced later than it is made comes with the same version.
    if (known && (known.version > version || (known.version === version && known.rev >= rev))) return null;
    const head: Head = { kind, version, state, isBlocked, newFrom, lastSeq, rev };
    if (spaceId !== undefined) {
      head.spaceId = spaceId;
      // Who may not read a channel any more is told nothing of it, not even what waits.
      if (isLost(head)) queue.hide(id, (seq) => format.hidden({ conversationId: id, seq }, spaceId));
    }
    if (!isBehind(queue.cursor(id), head) && !this.#lost.has(id)) return null;
    this.#heads.set(id, head);
    return Date.now();
  }

  /** @see Outfeed.read */
  async read(id: ConversationId, calls: CallBudget): Promise<number | null> {
    const { added, format, queue } = this.#deps;
    if (!queue.state) return null;
    if (calls.take(CALLS) < CALLS) return Date.now();
    const lost = this.#lost.get(id);
    const head = this.#heads.get(id) ?? (await this.#snapshot(id));
    if (head && !format.tells(head)) return null;
    const before = queue.cursor(id);
    const read = head?.state === "active" ? await this.#read(id, head, before) : null;
    // The bot may have been removed since.
    const told = read ?? (await this.#left(id, before));
    if (!told) return Date.now() + this.#deps.timing.botUpdates.retryUnitMs;
    const { updates, revoked, reacted, cursor, isMore } = told;
    if (!queue.state) return null;
    const now = this.#heads.get(id);
    // What was read may be of the time without the channel.
    if (read && (this.#lost.get(id) !== lost || (now?.newFrom ?? 0) > (head?.newFrom ?? 0)))
      return Date.now();
    const wanted = updates.filter(({ kind }) => this.#isWanted(kind));
    const hasAdded = cursor !== null && queue.add(id, { updates: wanted, revoked, reacted }, cursor);
    this.#lost.delete(id);
    if (hasAdded) added();
    if (now && !isBehind(cursor, now)) this.#heads.delete(id);
    return isMore ? Date.now() : null;
  }

  #isWanted(kind: string): boolean {
    const { format, queue } = this.#deps;
    return format.isWanted(kind, queue.state?.allowed ?? null);
  }

  async #snapshot(id: ConversationId): Promise<Head | null> {
    const { conversations, userId } = this.#deps;
    const asked = conversations.snapshot(id, { userId: userId() }).catch(nullIfNotFound);
    const snapshot = await this.#inTime(asked);
    return snapshot?.update ?? null;
  }

  /** @returns null: the bot is out of the conversation */
  async #read(id: ConversationId, head: Head, before: BotCursor | null): Promise<Told | null> {
    const { conversations, format, queue, userId } = this.#deps;
    const since = queue.state?.since ?? 0;
    const isDirect = head.kind === "direct";
    const isIn = before?.isIn && !this.#lost.has(id) && !wasOut(before, head);
    const from = before && (isIn || isDirect) ? before : joining(before, head);
    // Changes first: what changes from now on has a higher rev, and is told by the next run.
    const changes = head.rev > from.rev ? await this.#changes(id, from, head.rev) : NO_CHANGES;
    const page = await this.#inTime(
      conversations.pageWithContext(id, { ...NEWEST, userId: userId() }).catch(nullIfNotFound),
    );
    if (!page) return null;
    const { items, isMore } = await this.#messagesBehind(id, from.seq, since, page.items);
    // Nobody is told of what an import has brought.
    const others = items.filter(({ sender, isImported }) => sender.id !== userId() && !isImported);
    const reacting = changes.reacted.flatMap(({ reactions }) => reactions.map((one) => one.userId));
    const named = [...others, ...changes.edited].flatMap(namedIn);
    const senders = [...others, ...changes.edited].map(({ sender }) => sender.id);
    const place = await this.#deps.placeOf(page.context, { named: [...named, ...reacting], senders });
    const updates: BotUpdate[] = [];
    const wasBlocked = isDirect && before?.isIn === false;
    // All that came before a block is told before it.
    const isBlocked = isMore ? wasBlocked : head.isBlocked === true;
    if (wasBlocked && !isBlocked) addTo(updates, format.blocked(false, Date.now(), place));
    if (place.kind === "group" && !before?.isIn) addTo(updates, this.#joined(others, place));
    // What is shown below is shown as it is now.
    for (const message of changes.edited)
      if (message.seq <= (from.seq ?? 0)) addTo(updates, format.edited(message, place));
    for (const message of changes.reacted)
      for (const change of queue.reactions.changes(id, message))
        updates.push(...format.reacted(change, place));
    for (const message of others) if (!message.revoked) addTo(updates, format.message(message, place));
    if (before && isBlocked && !wasBlocked) addTo(updates, format.blocked(true, Date.now(), place));
    // Without a message that is shown, the bot is told of nothing before the end.
    const last = isMore ? items.at(-1)?.seq : Math.max(head.lastSeq, items.at(-1)?.seq ?? 0);
    return {
      ...{
        updates,
        isMore,
        reacted: changes.reacted,
        revoked: changes.revoked.map((message) => this.#revoked(message, from, place)),
      },
      cursor: {
        seq: Position.parse(Math.max(last ?? 0, from.seq ?? 0)),
        rev: changes.rev ?? from.rev,
        editedAt: Math.max(from.editedAt, ...changes.edited.map(({ editedAt = 0 }) => editedAt)),
        ...{ isIn: !isBlocked, name: place.name },
      },
    };
  }

  /** A revoke is told once, unless it is the bot's own, or of a message that the bot was not told. */
  #revoked(message: Message, { seq, rev }: BotCursor, place: BotPlace): RevokedMessage {
    const { format, userId } = this.#deps;
    const isNew = (message.revokedRev ?? 0) > rev;
    const isTold = isNew && message.seq <= (seq ?? 0) && message.revokedBy !== userId();
    const mask = isTold ? format.revoked(message, place) : null;
    return { seq: message.seq, mask: mask && this.#isWanted(mask.kind) ? mask : null };
  }

  /** The messages behind a cursor, at most a page of them. @param newest the newest page */
  async #messagesBehind(
    id: ConversationId,
    seq: Position | null,
    since: number,
    newest: Message[],
  ): Promise<{ items: Message[]; isMore: boolean }> {
    const isBehindCursor = (message: Message) =>
      seq === null ? message.createdAt >= since : message.seq > seq;
    const behind = newest.filter(isBehindCursor);
    // The page goes further back than the cursor, or has all messages that there are.
    if (behind.length < newest.length || newest.length < LIMITS.page) return { items: behind, isMore: false };
    const { conversations, userId } = this.#deps;
    const start = seq === null ? { at: since } : { after: seq };
    const asked = conversations.page(id, { ...NEWEST, userId: userId(), ...start });
    const { items, hasMore } = await this.#inTime(asked);
    return { items, isMore: hasMore };
  }

  /** What was edited of messages of others behind a cursor. `rev` null: all up to the newest one is known. */
  async #changes(id: ConversationId, from: BotCursor, newest: number): Promise<Changes> {
    const { conversations, userId } = this.#deps;
    const edited: Message[] = [];
    const revoked: Message[] = [];
    const reacted = new Map<Seq, Reacted>();
    const { reactionKind } = this.#deps.format;
    const tellsReactions = reactionKind !== null && this.#isWanted(reactionKind);
    let rev = from.rev;
    try {
      for (let pages = 0; pages < MAX_CHANGE_PAGES; pages++) {
        const input = { userId: userId(), afterRev: rev, limit: LIMITS.page, reactions: tellsReactions };
        const page = await this.#inTime(conversations.changes(id, input).catch(nullIfNotFound));
        if (!page) return NO_CHANGES;
        rev = page.rev;
        for (const message of page.items) {
          const { reactions } = page;
          if (reactions) reacted.set(message.seq, this.#reacted(message, reactions, from.rev));
          const isNew = (message.editedAt ?? 0) > from.editedAt;
          if (message.revoked) revoked.push(message);
          else if (isNew && message.sender.id !== userId()) edited.push(message);
        }
        if (!page.hasMore) break;
      }
    } catch (error) {
      // Too many have changed: the bot goes on with the newest ones.
      if (!(error instanceof CoreError) || error.code !== "reset") throw error;
      return { edited, revoked, reacted: [], rev: newest };
    }
    return { edited, revoked, reacted: [...reacted.values()], rev };
  }

  #reacted(message: Message, all: readonly PutReaction[], toldRev: number): Reacted {
    const { seq } = message;
    const reactions = all.filter((one) => one.seq === seq && one.userId !== this.#deps.userId());
    return { message, reactions, toldRev };
  }

  #joined(messages: Message[], place: BotPlace): BotUpdate | null {
    const { format, userId } = this.#deps;
    const entry = messages.findLast((message) => {
      if (message.kind !== "tip" || message.revoked) return false;
      const tip = readTip(message.body);
      return !("notice" in tip) && tip.event === "joined" && tip.user_ids.includes(userId());
    });
    return format.joined(entry?.sender ?? null, entry?.createdAt ?? Date.now(), place);
  }

  /**
   * The bot is out of a conversation, in which it may have been.
   * @returns null: the notification that says who has removed it may still be on its way
   */
  async #left(id: ConversationId, before: BotCursor | null): Promise<Told | null> {
    const none = { revoked: [], reacted: [], isMore: false };
    if (!before?.isIn) return { ...none, updates: [], cursor: before };
    const { format, placeOf, removalFrom, userId } = this.#deps;
    const removal = removalFrom(id);
    if (!removal && !this.#leaving.has(id)) {
      this.#leaving.add(id);
      return null;
    }
    this.#leaving.delete(id);
    const nameless = { ...deletedUser(userId()), bot: true };
    const context = { id, kind: "group" as const, name: before.name, self: nameless };
    const named = [userId(), ...(removal ? [removal.by] : [])];
    const place = await placeOf(context, { named, senders: [] });
    const find = (user: UserId) => place.people?.find((one) => one.id === user);
    const self = find(userId()) ?? nameless;
    const by = removal && (find(removal.by) ?? deletedUser(removal.by));
    const updates: BotUpdate[] = [];
    addTo(updates, format.left(by, removal?.at ?? Date.now(), { ...place, self }));
    return { ...none, updates, cursor: { ...before, isIn: false } };
  }

  #inTime<T>(call: Promise<T>): Promise<T> {
    return withDeadline(call, this.#deps.timing.botUpdates.callTimeoutMs);
  }
}

/** What a bot is told of a conversation, and how far it is told then; null: as before. */
interface Told {
  updates: BotUpdate[];
  revoked: RevokedMessage[];
  /** messages whose reactions it is told of */
  reacted: Reacted[];
  cursor: BotCursor | null;
  isMore: boolean;
}

interface Changes {
  edited: Message[];
  revoked: Message[];
  reacted: Reacted[];
  rev: number | null;
}

const NO_CHANGES: Changes = { edited: [], revoked: [], reacted: [], rev: null };

/** Where a bot begins that was not in a conversation: it is told of what came since it is in. */
function joining(before: BotCursor | null, { newFrom, rev }: Head): BotCursor {
  const seq = Position.parse(Math.max(before?.seq ?? 0, newFrom));
  return { seq, rev, editedAt: Date.now(), isIn: false, name: "" };
}

/** Whether it is a channel that the bot could not read meanwhile, even if its end was not told yet. */
function wasOut({ seq }: BotCursor, { spaceId, newFrom }: Head): boolean {
  return spaceId !== undefined && newFrom > (seq ?? 0);
}

/** Whether a conversation has what a bot was not told. */
function isBehind(cursor: BotCursor | null, { state, isBlocked, lastSeq, rev }: Head): boolean {
  if (!cursor) return true;
  if (cursor.isIn !== (state === "active" && !isBlocked)) return true;
  return state === "active" && (lastSeq > (cursor.seq ?? 0) || rev > cursor.rev);
}

/** Whether it is a channel that the bot may not read any more. */
function isLost({ spaceId, state }: Head): boolean {
  return spaceId !== undefined && state !== "active";
}

function addTo(updates: BotUpdate[], update: BotUpdate | null): void {
  if (update) updates.push(update);
}
