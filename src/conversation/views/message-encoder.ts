import type { Person } from "../../domain/accounts/person.ts";
import type { Seq } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { EncodedMessage, EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { DeviceProtocol } from "../../domain/sync/socket-protocol.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { MessageRow, Reader } from "../log/row.ts";
import type { Members } from "../members/members.ts";
import type { ProfileCache } from "../members/profile-cache.ts";
import { unchangedUntil } from "../polls/stored-poll.ts";
import type { MessageRenderer } from "./message-renderer.ts";

/** The wire formats of device sockets by name, as the composition root registers them. */
export type DeviceFormats = Readonly<Record<string, Pick<DeviceProtocol, "encode">>>;

/** An encoded message, and what it shows besides its row. */
interface Encoded {
  sender: Person;
  nameCard: string | null;
  message: EncodedMessage;
  /** when a poll in it ends by itself, which changes no row (ms since 1970) */
  until: number;
}

/**
 * Encodes messages for device sockets. All members who see the same share the text: a message to a hundred
 * members with devices is rendered and encoded once.
 */
export class MessageEncoder {
  readonly #renderer: MessageRenderer;
  readonly #profiles: Pick<ProfileCache, "get">;
  readonly #members: Pick<Members, "find">;
  readonly #formats: DeviceFormats;
  /** by row: the newest rows of the log stay in memory, and a row that changes is replaced */
  readonly #shared = new WeakMap<MessageRow, Encoded>();

  constructor(
    renderer: MessageRenderer,
    profiles: Pick<ProfileCache, "get">,
    members: Pick<Members, "find">,
    formats: DeviceFormats,
  ) {
    this.#renderer = renderer;
    this.#profiles = profiles;
    this.#members = members;
    this.#formats = formats;
  }

  /**
   * Encodes messages as one reader sees them.
   * @param isLive own parts only where the reader has, or had, one
   */
  encode(rows: readonly MessageRow[], reader: Reader, isLive = false): EncodedMessage[] {
    const shared = this.#encodeShared(rows, reader);
    const own = this.#renderer.ownParts(rows, reader, isLive);
    if (own.size === 0) return shared;
    return shared.map((message) => {
      const part = own.get(message.seq);
      return part ? { ...message, own: part } : message;
    });
  }

  /** What all members see alike of a row; undefined: nothing was encoded, or it looks different by now. */
  shared(row: MessageRow): EncodedMessage | undefined {
    const known = this.#shared.get(row);
    if (!known) return undefined;
    const { sender, nameCard } = this.#senderOf(row);
    if (known.until <= Date.now()) return undefined;
    return known.sender === sender && known.nameCard === nameCard ? known.message : undefined;
  }

  #encodeShared(rows: readonly MessageRow[], reader: Reader): EncodedMessage[] {
    const messages = new Map<Seq, EncodedMessage>();
    // Who has left may see less of a root than the members do.
    const isFormer = reader.visible_until != null;
    for (const row of rows) {
      const shared = isFormer ? undefined : this.shared(row);
      if (shared) messages.set(row.seq, shared);
    }
    const missing = rows.filter(({ seq }) => !messages.has(seq));
    for (const message of this.#renderer.renderShared(missing, reader))
      messages.set(message.seq, this.#make(message));
    if (!isFormer) for (const row of missing) this.#share(row, messages.get(row.seq));
    return rows.flatMap(({ seq }) => messages.get(seq) ?? []);
  }

  #share(row: MessageRow, message: EncodedMessage | undefined): void {
    // Who sees a quote differs by reader. A merged message shows more people than its sender.
    const isSameForAll = row.quote_seq === null && row.kind !== "merged";
    if (message && isSameForAll)
      this.#shared.set(row, { ...this.#senderOf(row), message, until: unchangedUntil(row) });
  }

  #senderOf({ sender_id }: MessageRow): Pick<Encoded, "sender" | "nameCard"> {
    const nameCard = this.#members.find(sender_id)?.name_card ?? null;
    return { sender: this.#profiles.get(sender_id), nameCard };
  }

  #make(message: Message): EncodedMessage {
    const { seq, revoked, rev, createdAt, sender, thread } = message;
    const scope = thread?.alsoInMain === false ? ({ isThreadOnly: true } as const) : {};
    const texts: Record<string, EncodedPart> = {};
    for (const [name, format] of Object.entries(this.#formats)) {
      try {
        const text = format.encode(message);
        if (text !== null) texts[name] = text;
      } catch (error) {
        // A message that one format cannot show must not keep it, and all later ones, from the others.
        const { conversationId: conversation } = message;
        log("error", "message_not_encoded", { conversation, seq, format: name, ...errorFields(error) });
      }
    }
    return { seq, revoked, rev, createdAt, senderId: sender.id, ...scope, texts };
  }
}
