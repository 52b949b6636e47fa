import type { Person } from "../../domain/accounts/person.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { listedBody, previewText } from "../../domain/messages/content.ts";
import { bodyWithProfiles } from "../../domain/messages/merged.ts";
import type { Message, Quote } from "../../domain/messages/message.ts";
import type { Preview } from "../../domain/messages/preview.ts";
import { SystemMessageDetails } from "../../domain/messages/system-message.ts";
import { readMentions } from "../log/mention-index.ts";
import { type MessageLog, readForwarded } from "../log/message-log.ts";
import type { MessageRow, Reader } from "../log/row.ts";
import type { MemberRow, Members } from "../members/members.ts";
import type { ProfileCache } from "../members/profile-cache.ts";

/** Makes messages out of rows: with today's profiles, and with what each reader may see of a quote. */
export class MessageRenderer {
  readonly #id: ConversationId;
  readonly #log: MessageLog;
  readonly #profiles: ProfileCache;
  readonly #members: Members;

  constructor(id: ConversationId, log: MessageLog, people: ProfileCache, members: Members) {
    this.#id = id;
    this.#log = log;
    this.#profiles = people;
    this.#members = members;
  }

  person(id: UserId): Person {
    return this.#profiles.get(id);
  }

  /** Messages as one reader sees them. */
  render(rows: MessageRow[], reader: Reader): Message[] {
    const quoted = rows.flatMap((row) => (row.quote_seq === null ? [] : [row.quote_seq]));
    const visible = this.#log.visibleOf(quoted, reader);
    return rows.map((row) =>
      this.#message(row, row.quote_seq === null ? undefined : visible.get(row.quote_seq)),
    );
  }

  /** A message as most see it, and, if it quotes, as those see it who may not see the quoted one. */
  renderForAll(row: MessageRow): {
    message: Message;
    blind: { users: Set<UserId>; message: Message } | null;
  } {
    const quoted = row.quote_seq === null ? undefined : this.#log.get(row.quote_seq);
    const message = this.#message(row, quoted);
    if (!quoted) return { message, blind: null };
    const users = new Set(this.#log.hiddenBy(quoted.seq));
    for (const member of this.#members.all())
      if (member.visible_from >= quoted.seq) users.add(member.user_id);
    return { message, blind: users.size === 0 ? null : { users, message: this.#message(row, undefined) } };
  }

  /** The newest message which a member may see, as his inbox keeps it. */
  preview(member: MemberRow): Preview | null {
    const [row] = this.#log.before((member.visible_until ?? this.#log.last.seq) + 1, 1, member).rows;
    if (!row) return null;
    return {
      seq: row.seq,
      senderId: row.sender_id,
      ...this.#optionalFields(row),
      kind: row.kind,
      body: listedBody(row.kind, row.body),
      mentions: readMentions(row.mentions),
      revoked: row.revoked_rev !== null,
      createdAt: row.created_at,
    };
  }

  #message(row: MessageRow, quoted: MessageRow | undefined): Message {
    return {
      conversationId: this.#id,
      seq: row.seq,
      sender: this.#profiles.get(row.sender_id),
      ...this.#optionalFields(row),
      kind: row.kind,
      body: bodyWithProfiles(row.kind, row.body, (id) => this.#profiles.get(id)),
      ...(quoted && { quote: quote(quoted) }),
      mentions: readMentions(row.mentions),
      revoked: row.revoked_rev !== null,
      createdAt: row.created_at,
    };
  }

  /** What only some messages have, in pages and in previews. */
  #optionalFields(row: MessageRow) {
    const nameCard = this.#members.find(row.sender_id)?.name_card;
    return {
      ...(nameCard && { nameCard }),
      ...(row.revoked_by !== null && { revokedBy: row.revoked_by }),
      ...(row.client_msg_id !== null && { clientMsgId: row.client_msg_id }),
      ...(row.forwarded !== null && { forwarded: readForwarded(row.forwarded) }),
      ...(row.client_time !== null && { clientTime: row.client_time }),
      ...(row.priority !== null && { priority: row.priority }),
      ...(row.custom_data !== null && { customData: row.custom_data }),
      ...(row.tip !== null && { systemMessage: SystemMessageDetails.parse(JSON.parse(row.tip)) }),
    };
  }
}

/** The quoted message as it is now: its preview is made when it is read, so it goes when that is revoked. */
function quote({ seq, sender_id, kind, body }: MessageRow): Quote {
  return { seq, senderId: sender_id, kind, preview: previewText(body) };
}
