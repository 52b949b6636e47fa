import type { Person } from "../../domain/accounts/person.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { EncodedMessage, EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { EncodingContext } from "../../domain/sync/message-context.ts";
import type { DeviceProtocol } from "../../domain/sync/socket-protocol.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { RecentRows } from "../log/recent-rows.ts";
import type { MessageRow, Reader } from "../log/row.ts";
import type { Members } from "../members/members.ts";
import type { ProfileCache } from "../members/profile-cache.ts";
import { unchangedUntil } from "../polls/stored-poll.ts";
import type { MessageRenderer } from "./message-renderer.ts";

/** The wire formats of device sockets by name, as the composition root registers them. */
export type DeviceFormats = Readonly<Record<string, Pick<DeviceProtocol, "encode" | "withoutBody">>>;

/** What a message shows besides its row. */
interface Look {
  sender: Person;
  nameCard: string | null;
  /** when a poll in it ends by itself, which changes no row (ms since 1970) */
  until: number;
}

/** A message encoded in some wire formats. */
export interface Encoded extends Look {
  message: EncodedMessage;
  formats: ReadonlySet<string>;
}

/** How messages are encoded. */
interface Encoding {
  /** own parts only where the reader has, or had, one */
  isLive?: boolean | undefined;
  /** the wire formats that are needed; absent: all */
  formats?: readonly string[] | undefined;
}

/** The text of a message in a wire format. */
interface FormattedText {
  format: string;
  text: EncodedPart;
}

/**
 * Encodes messages for device sockets. All members who see the same share the text: a message to a hundred
 * members with devices is rendered and encoded once.
 */
export class MessageEncoder {
  readonly #renderer: MessageRenderer;
  readonly #profiles: Pick<ProfileCache, "get" | "peek">;
  readonly #members: Pick<Members, "find">;
  readonly #place: () => EncodingContext;
  readonly #formats: DeviceFormats;
  /** the formats that devices here have asked for: a new message is encoded in all of them at once */
  #requested: ReadonlySet<string> = new Set();
  /** the newest rows of the log stay in memory, and a row that changes is replaced */
  readonly #recent: Pick<RecentRows<Encoded>, "madeOf" | "keep">;

  constructor(
    renderer: MessageRenderer,
    profiles: Pick<ProfileCache, "get" | "peek">,
    members: Pick<Members, "find">,
    place: () => EncodingContext,
    formats: DeviceFormats,
    recent: Pick<RecentRows<Encoded>, "madeOf" | "keep">,
  ) {
    this.#renderer = renderer;
    this.#profiles = profiles;
    this.#members = members;
    this.#place = place;
    this.#formats = formats;
    this.#recent = recent;
  }

  /** The names of all wire formats. */
  get formats(): readonly string[] {
    return Object.keys(this.#formats);
  }

  /** Encodes messages as one reader sees them, in the formats that are needed, or more. */
  encode(
    rows: readonly MessageRow[],
    reader: Reader,
    { isLive = false, formats }: Encoding = {},
  ): EncodedMessage[] {
    const isNew = (name: string) => !this.#requested.has(name);
    if (isLive && formats?.some(isNew)) this.#requested = new Set([...this.#requested, ...formats]);
    const shared = this.#encodeShared(rows, reader, formats);
    const own = this.#renderer.ownParts(rows, reader, isLive);
    if (own.size === 0) return shared;
    return shared.map((message) => {
      const part = own.get(message.seq);
      return part ? { ...message, own: part } : message;
    });
  }

  /** An encoded message for devices that have its body, in the formats that have parts. */
  withoutBody(message: EncodedMessage): EncodedMessage {
    const texts = Object.entries(message.texts).map(
      ([name, text]) => [name, this.#formats[name]?.withoutBody?.(text) ?? text] as const,
    );
    return { ...message, texts: Object.fromEntries(texts) };
  }

  /**
   * Room sockets are shown a message that all members see alike. Devices, if there are any, will be shown the
   * same: it is neither rendered nor encoded for them once more.
   * @param format the wire format of device sockets that writes messages as `text` does
   */
  noteShown(row: MessageRow, message: Message, format: string, text: EncodedPart): void {
    // A reply to a thread shows devices its root, too.
    if (this.#requested.size === 0 || !isSameForAll(row) || row.thread_root !== null) return;
    this.#share(row, this.#make(message, this.#requested, { format, text }), this.#requested);
  }

  /**
   * Whether messages are what all members see alike of their rows today. Profiles are looked up without a use
   * of them, as each member of a busy room is asked for.
   * @param rows those of the messages, and perhaps more behind them
   */
  areCurrent(messages: readonly EncodedMessage[], rows: readonly MessageRow[]): boolean {
    const now = Date.now();
    return messages.every((message, i) => {
      const row = rows[i];
      const known = row && this.#recent.madeOf(row);
      if (!row || known?.message !== message || known.until <= now) return false;
      return known.sender === this.#profiles.peek(row.sender_id) && known.nameCard === this.#nameCardOf(row);
    });
  }

  /** The message as all members see it today, if it is here in the formats that are needed. */
  #known(row: MessageRow, needed: readonly string[]): EncodedMessage | undefined {
    const known = this.#recent.madeOf(row);
    if (!known || !this.#isCurrent(row, known)) return undefined;
    return needed.every((name) => known.formats.has(name)) ? known.message : undefined;
  }

  #encodeShared(rows: readonly MessageRow[], reader: Reader, needed = this.formats): EncodedMessage[] {
    // Who has left may see less of a root than the members do.
    const isFormer = reader.visible_until != null;
    const known = rows.map((row) => (isFormer ? undefined : this.#known(row, needed)));
    const missing = rows.filter((_, i) => !known[i]);
    const formats = new Set([...needed, ...this.#requested]);
    const made = this.#renderer.renderShared(missing, reader).map((message) => this.#make(message, formats));
    if (!isFormer) for (const [i, row] of missing.entries()) this.#share(row, made[i], formats);
    const others = made.values();
    return known.flatMap((message) => message ?? others.next().value ?? []);
  }

  #share(row: MessageRow, message: EncodedMessage | undefined, formats: ReadonlySet<string>): void {
    if (message && isSameForAll(row)) this.#recent.keep(row, { ...this.#lookOf(row), message, formats });
  }

  #isCurrent(row: MessageRow, known: Look): boolean {
    const { sender, nameCard } = this.#senderOf(row);
    return known.until > Date.now() && known.sender === sender && known.nameCard === nameCard;
  }

  #lookOf(row: MessageRow): Look {
    return { ...this.#senderOf(row), until: unchangedUntil(row) };
  }

  #senderOf(row: MessageRow): Pick<Look, "sender" | "nameCard"> {
    return { sender: this.#profiles.get(row.sender_id), nameCard: this.#nameCardOf(row) };
  }

  #nameCardOf({ sender_id }: MessageRow): string | null {
    return this.#members.find(sender_id)?.name_card ?? null;
  }

  /** @param known the text that the message has already */
  #make(message: Message, formats: ReadonlySet<string>, known?: FormattedText): EncodedMessage {
    const { seq, revoked, rev, createdAt, sender, thread } = message;
    const scope = thread?.alsoInMain === false ? ({ isThreadOnly: true } as const) : {};
    const texts: Record<string, EncodedPart> = {};
    const place = this.#place();
    for (const [name, format] of Object.entries(this.#formats)) {
      if (!formats.has(name)) continue;
      try {
        const text = known?.format === name ? known.text : format.encode(message, place);
        if (text !== null) texts[name] = text;
      } catch (error) {
        // A message that one format cannot show must not keep it, and all later ones, from the others.
        const { conversationId: conversation } = message;
        log("error", "message_not_encoded", { conversation, seq, format: name, ...errorFields(error) });
      }
    }
    return { seq, revoked, rev, createdAt, senderId: sender.id, texts, ...scope };
  }
}

/** Whether all members see the same. Quotes differ by reader, and a merged message shows other people too. */
function isSameForAll({ quote_seq, kind }: MessageRow): boolean {
  return quote_seq === null && kind !== "merged";
}
