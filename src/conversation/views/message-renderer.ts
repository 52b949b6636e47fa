import type { Person } from "../../domain/accounts/person.ts";
import { hookPerson } from "../../domain/conversations/incoming-hook.ts";
import { type ConversationId, Position, type Seq, type UserId } from "../../domain/ids.ts";
import { listedBody, previewText } from "../../domain/messages/content.ts";
import { bodyWithProfiles } from "../../domain/messages/copies/merged.ts";
import { readLinkPreview } from "../../domain/messages/link-preview.ts";
import type { Message, OwnPart, Quote } from "../../domain/messages/message.ts";
import type { Preview } from "../../domain/messages/preview.ts";
import { SystemMessageDetails } from "../../domain/messages/system-message.ts";
import { shownTime } from "../../lib/stored-time.ts";
import { readButtons } from "../bots/stored-buttons.ts";
import { versionOf } from "../log/edit-history.ts";
import { readAlsoMentioned, readMentions } from "../log/mention-index.ts";
import type { MessageLog } from "../log/message-log.ts";
import {
  isInMain,
  type MessageRow,
  type Reader,
  readForwarded,
  readHook,
  readRoleMentions,
} from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import type { ProfileCache } from "../members/profile-cache.ts";
import { readPoll, shownPoll } from "../polls/stored-poll.ts";
import { readTally } from "../reactions/tally.ts";
import { readSummary } from "../threads/thread-log.ts";
import type { FormerView } from "./former-view.ts";
import type { OwnParts } from "./own-parts.ts";

/** Some users, who need not be in memory. */
export type Users = Pick<ReadonlySet<UserId>, "has" | typeof Symbol.iterator>;

/**
 * Renders rows as messages, with current profiles. A quote is part of a message only if the reader may see
 * it.
 */
export class MessageRenderer {
  readonly #id: ConversationId;
  readonly #log: MessageLog;
  readonly #profiles: ProfileCache;
  readonly #members: Members;
  readonly #ownParts: OwnParts;
  readonly #formerView: FormerView;

  constructor(
    id: ConversationId,
    log: MessageLog,
    profiles: ProfileCache,
    members: Members,
    ownParts: OwnParts,
    formerView: FormerView,
  ) {
    this.#id = id;
    this.#log = log;
    this.#profiles = profiles;
    this.#members = members;
    this.#ownParts = ownParts;
    this.#formerView = formerView;
  }

  /** The profile of a user, or that of a deleted user. */
  person(id: UserId): Person {
    return this.#profiles.get(id);
  }

  /** Renders messages as one reader sees them. */
  render(rows: MessageRow[], reader: Reader): Message[] {
    const shared = this.renderShared(rows, reader);
    const own = this.ownParts(rows, reader);
    if (own.size === 0) return shared;
    return shared.map((message) => ({ ...message, ...own.get(message.seq) }));
  }

  /**
   * The sender of a message as its reader, for the answer to a repeat of the send. One who has hidden the
   * message, or has been out of the conversation since, is shown it as if they had left behind it: what
   * others did to it later is not for them.
   */
  senderAsReader({ seq }: MessageRow, sender: MemberRow): Reader {
    return this.#log.visible(seq, sender) ? sender : { ...sender, visible_until: Position.parse(seq) };
  }

  /**
   * The reader's own parts; none for a reader who left.
   * @param isLive only those that the reader has, or had
   * @see OwnParts
   */
  ownParts(
    rows: readonly MessageRow[],
    { user_id: id, visible_until: end = null }: Reader,
    isLive = false,
  ): Map<Seq, OwnPart> {
    if (end !== null) return new Map();
    return isLive ? this.#ownParts.known(rows, id) : this.#ownParts.of(rows, id);
  }

  /** Renders messages without the parts that are the reader's own. */
  renderShared(rows: MessageRow[], reader: Reader): Message[] {
    const quoted = rows.flatMap((row) => row.quote_seq ?? row.thread_root ?? []);
    const visible = this.#formerView.of([...this.#log.visibleOf(quoted, reader).values()], reader);
    const bySeq = new Map(visible.map((row) => [row.seq, row]));
    return this.#formerView.of(rows, reader).map((row) => {
      const { quote_seq, thread_root } = row;
      if (quote_seq !== null) return this.#message(row, bySeq.get(quote_seq), reader);
      const root = thread_root === null ? undefined : bySeq.get(thread_root);
      return { ...this.#message(row, undefined, reader), ...(root && { rootQuote: this.#quote(root) }) };
    });
  }

  /**
   * Renders a new message for all members.
   * @returns `message`: for members who may see the quoted message, or if there is no quote; `blind`: the
   *   same without the quote, and the users who get it instead: those who have hidden the quoted message, and
   *   those who do not see so old ones; null if there are none. Of a crowd it is not known whether there are
   *   any.
   */
  renderForAll(row: MessageRow): {
    message: Message;
    blind: { users: Users; hiders: readonly UserId[]; quoted: Seq; message: Message } | null;
  } {
    const found = row.quote_seq === null ? undefined : this.#log.get(row.quote_seq);
    // A shadowed message was quoted by its sender: all others do without it, and the sender until they read.
    const quoted = found?.shadowed === null ? found : undefined;
    const message = this.#message(row, quoted);
    if (!quoted) return { message, blind: null };
    const hiders = this.#log.hides.usersOf(quoted.seq);
    const users = this.#blindTo(quoted.seq, hiders);
    const blind = users && { users, hiders, quoted: quoted.seq, message: this.#message(row, undefined) };
    return { message, blind };
  }

  /** The users who must not see a quoted message; null: there are none. */
  #blindTo(quoted: Seq, hiders: readonly UserId[]): Users | null {
    const [members, hidden] = [this.#members, new Set(hiders)];
    if (!members.isCrowd) {
      const users = new Set([...hidden, ...members.blindTo(quoted)]);
      return users.size === 0 ? null : users;
    }
    return {
      has: (id) => hidden.has(id) || (members.find(id)?.visible_from ?? 0) >= quoted,
      [Symbol.iterator]: () => new Set([...hidden, ...members.blindTo(quoted)]).values(),
    };
  }

  /**
   * The newest message of the main stream that a member may see, as their inbox stores it; null without any.
   */
  preview(member: MemberRow): Preview | null {
    // For a member who left, the log ends at `visible_until`.
    const { visible_until: end } = member;
    const newest =
      end === null ? this.#log.main.newest(member) : this.#log.before(end + 1, 1, member, "main").rows[0];
    const [row] = newest ? this.#formerView.of([newest], member) : [];
    if (!row) return null;
    return {
      seq: row.seq,
      senderId: row.sender_id,
      ...(row.hook !== null && { hook: readHook(row.hook) }),
      ...this.#optionalFields(row, end),
      ...threadFields(row, end),
      kind: row.kind,
      body: listedBody(row.kind, row.body),
      ...(row.poll !== null && { poll: { body: readPoll(row)?.body } }),
      mentions: readMentions(row.mentions),
      revoked: row.revoked_rev !== null,
      ...(row.changed_rev !== null && { rev: row.changed_rev }),
      ...(row.version !== null && { version: row.version }),
      createdAt: shownTime(row.created_at),
    };
  }

  #message(row: MessageRow, quoted: MessageRow | undefined, reader?: Reader): Message {
    const isRevoked = row.revoked_rev !== null;
    const end = reader?.visible_until ?? null;
    // What every message has comes first: V8 stores a field slowly behind a spread.
    return {
      conversationId: this.#id,
      seq: row.seq,
      sender: this.#senderOf(row),
      version: versionOf(row),
      kind: row.kind,
      body: bodyWithProfiles(row.kind, row.body, (id) => this.#profiles.get(id)),
      mentions: readMentions(row.mentions),
      revoked: isRevoked,
      rev: row.changed_rev ?? 0,
      createdAt: shownTime(row.created_at),
      ...this.#optionalFields(row, end),
      ...threadFields(row, end),
      ...(quoted && { quote: this.#quote(quoted) }),
      ...(row.poll !== null && { poll: shownPoll(row) }),
      ...(row.link_preview && { linkPreview: readLinkPreview(row.link_preview) }),
      ...(row.buttons !== null && { buttons: readButtons(row.buttons) }),
      ...(row.place !== null && { place: row.place }),
      ...(row.reactions !== null && { reactions: readTally(row.reactions) }),
      ...(row.pinned_at !== null &&
        row.pinned_by !== null && { pinned: { at: shownTime(row.pinned_at), by: row.pinned_by } }),
      // A revoke takes what is anybody's own.
      ...(isRevoked && this.#ownParts.none(row)),
      ...(row.revoked_rev !== null && { revokedRev: row.revoked_rev }),
    };
  }

  #senderOf(row: MessageRow): Person {
    return row.hook === null ? this.#profiles.get(row.sender_id) : hookPerson(readHook(row.hook));
  }

  /**
   * Renders a quote from the quoted row as it is now, so a revoke of that message also empties the quote's
   * text.
   */
  #quote(row: MessageRow): Quote {
    const { seq, sender_id: senderId, kind, body } = row;
    return {
      ...{ seq, senderId, sender: this.#senderOf(row) },
      ...(row.hook !== null && { senderName: readHook(row.hook).nickname }),
      kind,
      preview: previewText(kind, body, row.poll !== null),
      ...(row.poll !== null && { poll: shownPoll(row) }),
      ...(row.client_msg_id !== null && { clientMsgId: row.client_msg_id }),
      createdAt: shownTime(row.created_at),
    };
  }

  /**
   * The optional fields that messages and previews share.
   * @param end who reads has left after this seq, and sees no name card, as it may be a later one; null: is
   *   here
   */
  #optionalFields(row: MessageRow, end: Position | null) {
    const nameCard = end === null ? this.#members.find(row.sender_id)?.name_card : undefined;
    const alsoMentioned = readAlsoMentioned(row.also_mentioned);
    return {
      ...(alsoMentioned && { alsoMentioned }),
      ...(row.role_mentions !== null && { roleMentions: readRoleMentions(row.role_mentions) }),
      ...(nameCard && { nameCard }),
      ...(row.edited_at !== null && row.revoked_rev === null && { editedAt: shownTime(row.edited_at) }),
      ...(row.revoked_by !== null && { revokedBy: row.revoked_by }),
      ...(row.client_msg_id !== null && { clientMsgId: row.client_msg_id }),
      ...(row.forwarded !== null && { forwarded: readForwarded(row.forwarded) }),
      ...(row.client_time !== null && { clientTime: shownTime(row.client_time) }),
      ...(row.priority !== null && { priority: row.priority }),
      ...(row.custom_data !== null && { customData: row.custom_data }),
      ...(row.custom_version !== null && { customVersion: row.custom_version }),
      ...(row.metadata !== null && { metadata: row.metadata }),
      ...(row.silent !== null && { silent: true as const }),
      ...(row.tip !== null && { systemMessage: SystemMessageDetails.parse(JSON.parse(row.tip)) }),
    };
  }
}

/**
 * The thread that a reply is in, and the summary of a root.
 * @param end who reads sees nothing after this seq, and no summary with a later reply; null: no end
 */
function threadFields(row: MessageRow, end: Position | null) {
  const { thread_root: root, thread_summary } = row;
  const threadSummary = thread_summary === null ? null : readSummary(thread_summary);
  const isShown = threadSummary && (end === null || threadSummary.lastSeq <= end);
  return {
    ...(root !== null && { thread: { root, alsoInMain: isInMain(row) } }),
    ...(isShown && { threadSummary }),
  };
}
