import { isSilentAt } from "../../domain/conversations/archive.ts";
import { nullIfNotFound } from "../../domain/errors.ts";
import { type ConversationId, Position, type SessionId, type UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import { type InboxUpdate, unreadCountOf } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import type { ListedAs } from "../list/list-writer.ts";
import type { Outfeed } from "../outfeeds/outfeeds.ts";
import type { PushDeliveries } from "./push-deliveries.ts";
import type { PushDevices } from "./push-devices.ts";
import type { PushNotice, PushNotices, Seen } from "./push-notices.ts";
import type { PushPreferences } from "./push-preferences.ts";
import type { PushedMessages } from "./pushed-messages.ts";

/** The calls to other objects of one run: the snapshot, the open sockets, and twice a page and a message. */
const CALLS = 6;

/** What the outfeed needs from the rest of the inbox. */
export interface PushOutfeedDeps {
  devices: PushDevices;
  preferences: PushPreferences;
  notices: PushNotices;
  deliveries: PushDeliveries;
  list: Pick<ConversationList, "listedAs">;
  messages: PushedMessages;
  conversations: Pick<Conversations, "snapshot" | "openSessions">;
  directory: Pick<UserDirectory, "archiveStates" | "sessionEnd">;
  /** stores a snapshot in the list */
  store(update: InboxUpdate): void;
  /** whether a device socket leaves the conversation to a room socket, which shows it */
  isFocused(id: ConversationId): boolean;
  /** the sessions with a room socket registered in the conversation */
  sessionsIn(id: ConversationId): SessionId[];
  timing: Pick<Timing, "push">;
  userId(): UserId;
}

/**
 * Decides what is pushed. An inbox update with a message that counts as unread has its conversation asked for
 * its newest state: what was read meanwhile is not pushed. What a device shows is replaced when it is edited,
 * and cleared when it is read or revoked.
 */
export class PushOutfeed implements Outfeed {
  readonly #deps: PushOutfeedDeps;

  constructor(deps: PushOutfeedDeps) {
    this.#deps = deps;
  }

  /** Whether there are push devices. */
  get isOn(): boolean {
    return !this.#deps.devices.isEmpty;
  }

  /** @see Outfeed.taken */
  taken(update: InboxUpdate, before: () => ListedAs | null): number | null {
    const { devices, notices } = this.#deps;
    const listed = before();
    if (listed && update.version <= listed.version) return null;
    const id = update.conversationId;
    const known = notices.find(id);
    const decideAt = known?.seen.decideAt ?? null;
    if (!hasUnread(update)) {
      if (decideAt !== null) notices.setSeen(id, { ...update, decideAt: null });
      return known?.notice ? this.#afterChange() : null;
    }
    // What came before was decided, or was there before the first device.
    const from = decideAt === null ? later(known?.seen, listed) : known?.seen;
    const isMention = newMention(update, from ?? NOTHING) !== undefined;
    const isNew = isMention || update.lastCount > (from?.lastCount ?? 0);
    if (isNew && update.activeAt >= devices.since) {
      const due = Date.now() + (isMention ? 0 : this.#deps.timing.push.graceMs);
      const first = Math.min(decideAt ?? due, due);
      if (first !== decideAt) notices.setSeen(id, { ...(from ?? NOTHING), decideAt: first });
      return first;
    }
    const isShownAnew = known?.notice && shownNow(known.notice, update)?.version !== known.notice.version;
    return isShownAnew ? this.#afterChange() : null;
  }

  /** @see Outfeed.read */
  async read(id: ConversationId, calls: CallBudget): Promise<number | null> {
    const { conversations, deliveries, devices, store, timing, userId } = this.#deps;
    if (devices.isEmpty) return null;
    if (calls.take(CALLS) < CALLS) return Date.now();
    const answer = conversations.snapshot(id, { userId: userId() }).catch(nullIfNotFound);
    const snapshot = await withDeadline(answer, timing.push.callTimeoutMs);
    if (!snapshot) return null;
    const { update } = snapshot;
    store(update);
    await this.#endLostSessions();
    const found = await this.#wanted(id, update);
    const decideAt = this.#decide(id, update, found);
    const next = await deliveries.send(id);
    return next === null ? decideAt : Math.min(next, decideAt ?? next);
  }

  /** @see Outfeed.endSession */
  endSession(sessionId: SessionId): void {
    this.#deps.deliveries.endSession(sessionId);
  }

  /** @see Outfeed.stop */
  stop(): void {
    this.#deps.deliveries.stop();
  }

  /** When to tell devices that what they show has changed (ms since 1970). */
  #afterChange(): number {
    return Date.now() + this.#deps.timing.push.changeMs;
  }

  /** A session that has expired is told of by nobody. */
  async #endLostSessions(): Promise<void> {
    const { deliveries, devices, directory, userId } = this.#deps;
    const unknown = devices.all().filter(({ sessionUntil }) => sessionUntil <= Date.now());
    await Promise.all(
      unknown.map(async ({ id, sessionId }) => {
        const until = await directory.sessionEnd(userId(), sessionId);
        if (until !== null) devices.setSessionUntil(id, until);
        else if (devices.get(id)?.sessionId === sessionId) deliveries.forget(id);
      }),
    );
  }

  /** The message to push, if it is time to decide and the user wants one; null: none is. */
  async #wanted(id: ConversationId, update: InboxUpdate): Promise<Message | null> {
    const { directory, messages, notices, preferences, userId } = this.#deps;
    const seen = notices.find(id)?.seen;
    const now = Date.now();
    if (!seen || seen.decideAt === null || seen.decideAt > now) return null;
    const level = preferences.levelOf(id);
    const mention = newMention(update, seen);
    const isPushed = level === "all" ? hasUnread(update) : level === "mentions" && mention !== undefined;
    if (!isPushed || preferences.isQuietAt(now) || (await this.#isOnScreen(id))) return null;
    const state = (await directory.archiveStates(userId(), [id])).get(id);
    if (state && isSilentAt(state, now)) return null;
    if (mention) return (await messages.read(id, mention.seq))?.message ?? null;
    const isPushable = ({ seq, sender, kind, silent, revoked, isImported }: Message) =>
      seq > Math.max(seen.lastSeq, update.readSeq) &&
      sender.id !== userId() &&
      kind !== "tip" &&
      !silent &&
      !isImported &&
      !revoked;
    const page = await messages.newest(id);
    return page?.items.findLast(isPushable) ?? null;
  }

  /**
   * Stores what devices are to show, in one turn.
   * @param found the message to push, if it is time to decide
   * @returns when it is decided of messages that have come meanwhile (ms since 1970); null: there are none
   */
  #decide(id: ConversationId, update: InboxUpdate, found: Message | null): number | null {
    const { list, notices, timing } = this.#deps;
    const known = notices.find(id);
    if (!known) return null;
    const { seen, notice } = known;
    const now = Date.now();
    const shown = notice && shownNow(notice, update);
    // A read since the snapshot has settled it.
    const isTime = seen.decideAt !== null && seen.decideAt <= now;
    if (!isTime) {
      if (shown !== notice) notices.setNotice(id, shown);
      return seen.decideAt;
    }
    const isBehind = (list.listedAs(id)?.version ?? 0) > update.version;
    const decideAt = isBehind ? now + timing.push.graceMs : null;
    const kind = newMention(update, seen) ? "mention" : "message";
    notices.setSeen(id, { ...update, decideAt });
    const expiresAt = found ? found.createdAt + timing.push.ttlMs : 0;
    if (found && !found.revoked && expiresAt > now) {
      const { seq, version } = found;
      notices.setNotice(id, { seq, version, kind, at: now, expiresAt });
    } else if (shown !== notice) notices.setNotice(id, shown);
    return decideAt;
  }

  /** Whether a device has the conversation on screen. A crash leaves sockets registered that are closed. */
  async #isOnScreen(id: ConversationId): Promise<boolean> {
    const { conversations, isFocused, sessionsIn, timing } = this.#deps;
    if (isFocused(id)) return true;
    const sessionIds = sessionsIn(id);
    if (sessionIds.length === 0) return false;
    const open = conversations.openSessions(id, { sessionIds });
    return (await withDeadline(open, timing.push.callTimeoutMs)).length > 0;
  }
}

/** How far it is decided of a conversation that the list did not have. */
const NOTHING: Seen = { lastSeq: Position.parse(0), lastCount: 0, decideAt: null };

/** The further one of what was decided, and what the list had. */
function later(seen: Seen | undefined, listed: ListedAs | null): Seen {
  const known = seen ?? NOTHING;
  return listed && listed.lastSeq > known.lastSeq ? { ...listed, decideAt: null } : known;
}

/** Whether anything calls for the user: a mention in a thread is in no count. */
function hasUnread(update: InboxUpdate): boolean {
  return update.state === "active" && (unreadCountOf(update) > 0 || update.mentioned.length > 0);
}

/** The newest unread message that mentions the user, if it is newer than what was decided. */
function newMention({ mentioned }: InboxUpdate, { lastSeq }: Seen) {
  return mentioned.find(({ seq }) => seq > lastSeq);
}

/** What devices are to show of a message now; null: it was read or revoked, or is out of sight. */
function shownNow(notice: PushNotice, update: InboxUpdate): PushNotice | null {
  const { seq, kind } = notice;
  const isUnread =
    kind === "mention"
      ? update.mentioned.some((mention) => mention.seq === seq)
      : unreadCountOf(update) > 0 && update.readSeq < seq;
  if (update.state !== "active" || !isUnread || seq <= update.visibleFrom) return null;
  const { preview } = update;
  if (preview?.seq !== seq) return notice;
  if (preview.revoked) return null;
  const { version = 1 } = preview;
  return version === notice.version ? notice : { ...notice, version };
}
