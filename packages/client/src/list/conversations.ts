import type {
  ConversationEntry,
  ConversationState,
  Frame,
  Message,
  MessagePart,
  Profile,
  ServerFrame,
  User,
} from "../types.ts";
import { counts, rootOf, Unread } from "./unread.ts";

interface Item {
  entry: ConversationEntry;
  readonly unread: Unread;
  /** the unread messages that mention the user: when each came to be known, and the root of such a reply */
  readonly mentions: Map<number, readonly [moment: number, root?: number | undefined]>;
  /** how far threads are read, by their roots, as frames have told */
  readonly threads: Map<number | undefined, number>;
  /** the user has read up to here on this device, which the server may not know yet */
  readTo: number;
}

/** What of a message says whether it mentions the user. */
type Mentioning = Pick<Message, "seq" | "mentions"> & Partial<Pick<Message, "sender" | "thread">>;
/** A message that the user has hidden. */
type Hidden = Mentioning & { conversation_id: number; body?: undefined };

/** The list of conversations: what the server's list has said, and the frames since then. */
export class Conversations {
  readonly #items = new Map<number, Item>();
  /** the moments as of which conversations are known, or known to be gone: of a frame, or of a call */
  readonly #asOf = new Map<number, number>();
  /** the newest frame about each draft and user, with the moment in which it came */
  readonly #said = new Map<string, { at: number; frame: ServerFrame }>();
  readonly #changed: () => void;
  #moment = 0;
  #sorted: readonly ConversationEntry[] | undefined;
  #shown: readonly ConversationEntry[] | undefined;
  /** the id of the user; 0: not known yet */
  me = 0;
  /** whether the whole list of the server was taken */
  isListed = false;
  /** the users who were met so far, as they are now */
  readonly users = new Map<number, Profile>();
  readonly online = new Set<number>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** All entries, archived ones too: sticky ones first, then by the newest message. */
  get all(): readonly ConversationEntry[] {
    this.#sorted ??= [...this.#items.values()].map(({ entry }) => entry).sort(inOrder);
    return this.#sorted;
  }

  /** The same without the archive. */
  get shown(): readonly ConversationEntry[] {
    this.#shown ??= this.all.filter(({ archived }) => !archived);
    return this.#shown;
  }

  get(id: number): ConversationEntry | undefined {
    return this.#items.get(id)?.entry;
  }

  /** A moment, by which an answer that is asked for now is told from the frames that come meanwhile. */
  now(): number {
    return ++this.#moment;
  }

  /**
   * Takes a conversation of a frame, or of an answer that was asked for at a moment; `tellAgain` follows an
   * answer.
   * @param readTo how far the user has read on this device, if the list does not know it
   * @returns false: something newer is known of it, so ask again
   */
  take(conversation: ConversationState, asked = this.now(), readTo = 0): boolean {
    const { id, unread_from, mentions = [] } = conversation;
    const old = this.#items.get(id);
    if ((this.#asOf.get(id) ?? 0) > asked) {
      // Only lists have drafts.
      if (old && "draft" in conversation) this.#set(old, { draft: conversation.draft });
      return !old;
    }
    this.#asOf.set(id, asked);
    const item: Item = old ?? {
      entry: { typing: [], mentions: [], ...conversation, unread_from },
      unread: new Unread(),
      mentions: new Map(mentions.map((seq) => [seq, [0]])),
      threads: new Map(),
      readTo,
    };
    this.#items.set(id, item);
    item.unread.set(conversation.unread_count, conversation.last_seq);
    if (item.readTo > conversation.read_seq) item.unread.read(item.readTo, item.unread.count);
    if (conversation.kind === "direct") this.learn(this.#isOnline(conversation.peer));
    if (conversation.last_message) this.learn(conversation.last_message.sender);
    this.#set(item, {
      ...conversation,
      read_seq: Math.max(item.readTo, conversation.read_seq),
      unread_from,
    });
    if (conversation.deleted) this.remove(id);
    return true;
  }

  /** A message has come, by a frame or an ack. @returns false: its conversation is not known */
  message(message: Message): boolean {
    const { conversation_id: id, seq, sender, kind, created_at } = message;
    const item = this.#items.get(id);
    this.learn(sender);
    if (!item) return false;
    // A message moves it up the list: of two pages that are under way neither may have it.
    this.#asOf.set(id, this.now());
    const { entry, unread } = item;
    const isMain = !rootOf(message);
    const isOwn = sender.id === this.me;
    if (isMain && kind !== "tip") {
      if (counts(message, this.me)) unread.add(seq);
      if (isOwn && seq > unread.at) this.#readTo(item, seq, 0);
    }
    // An own reply reads its thread; what is in no thread is under no root.
    if (isOwn) item.threads.set(message.thread?.root, seq);
    this.#mention(item, message);
    this.#set(item, {
      last_seq: Math.max(entry.last_seq, seq),
      ...(isMain &&
        seq >= (entry.last_message?.seq ?? 0) && { last_message: message, updated_at: created_at }),
      typing: entry.typing.filter((id) => id !== sender.id),
    });
    return true;
  }

  /** A message has changed, or is hidden. */
  change(message: Message | MessagePart | Hidden): void {
    const item = this.#items.get(message.conversation_id);
    if (!item) return;
    this.#mention(item, message);
    this.#set(item, {
      ...(item.entry.last_message?.seq === message.seq && message.body && { last_message: message }),
    });
  }

  /** The user has read up to a message on another device, or has marked one unread. */
  read({
    conversation_id: id,
    seq,
    unread_count,
    last_seq,
    unread_from,
  }: Omit<Frame<"read">, "type" | "user_id">): void {
    const item = this.#items.get(id);
    // Of another user the frame has no counts. What this device has read further is on its way to the server.
    if (!item || unread_count === undefined || seq < item.readTo) return;
    this.patch(id, { read_seq: Math.max(seq, item.entry.read_seq), unread_from }, unread_count, last_seq);
  }

  /**
   * The user has read up to a message on this device.
   * @param counted how many messages behind it are unread, among those that the server has counted
   * @returns false: all of it was read before
   */
  readHere(id: number, seq: number, counted: number): boolean {
    const item = this.#items.get(id);
    if (!item || isRead(seq, item.entry)) return false;
    this.#readTo(item, seq, counted);
    return true;
  }

  /** How far the user has read on this device; 0: nothing that the server does not know. */
  readTo(id: number): number {
    return this.#items.get(id)?.readTo ?? 0;
  }

  /** The `seq` up to which the server has counted what is unread. */
  countedTo(id: number): number {
    return this.#items.get(id)?.unread.at ?? 0;
  }

  /** The messages that mention the user, as an answer has them that was asked for at a moment. */
  mentioned(found: readonly { message: Message; unread: boolean }[], asked: number): void {
    for (const item of this.#items.values()) {
      for (const [seq, [moment]] of item.mentions) if (moment < asked) item.mentions.delete(seq);
      // The other entries stay the objects that they are.
      if (item.entry.mentions.length) this.#set(item, {});
    }
    for (const { message, unread } of found) if (unread) this.change(message);
  }

  /** A crowded group has changed. */
  activity(frame: Frame<"activity">): void {
    const { conversation_id: id, last_seq, threads_unread, updated_at, last_message: last } = frame;
    const item = this.#items.get(id);
    item?.mentions.clear();
    for (const { seq, root } of frame.mentions) item?.mentions.set(seq, [this.now(), root]);
    this.read({ ...frame, seq: frame.read_seq });
    const last_message = last && {
      ...last,
      sender: {
        id: last.sender_id,
        username: "",
        nickname: "",
        avatar: "",
        ...this.users.get(last.sender_id),
      },
    };
    this.patch(id, { last_seq, updated_at, last_message, threads_unread });
  }

  /** The user has read a thread up to a message, or follows it no more. */
  readThread(id: number, { root, read_seq, threads_unread }: Frame<"thread_read">): void {
    this.#items.get(id)?.threads.set(root, read_seq);
    this.patch(id, { threads_unread });
  }

  /** Changes fields of an entry. `count`: what the server counts as unread, up to the message `at`. */
  patch(id: number, fields: Partial<ConversationEntry>, count?: number, at = 0): void {
    const item = this.#items.get(id);
    if (!item) return;
    // A list that is under way does not know what a frame says. It has no `typing`.
    if (!fields.typing) this.#asOf.set(id, this.now());
    if (count !== undefined) item.unread.set(count, at);
    this.#set(item, fields);
  }

  /** Removes an entry. `asked`: unless something newer than this moment is known of it. */
  remove(id: number, asked = this.now()): void {
    if ((this.#asOf.get(id) ?? 0) > asked) return;
    this.#asOf.set(id, asked);
    this.#items.delete(id);
    this.#sorted = this.#shown = undefined;
    this.#changed();
  }

  /** A frame about a draft or a user, which no answer undoes that was asked for before. */
  tell(frame: ServerFrame, at = this.now()): void {
    const { type } = frame;
    let about = 0;
    if (type === "draft") {
      about = frame.conversation_id;
      const item = this.#items.get(about);
      // It may come after an answer that knows more.
      if ((item?.entry.draft?.updated_at ?? 0) > ((frame.draft ?? frame).updated_at ?? Infinity)) return;
      if (item) this.#set(item, { draft: frame.draft ?? undefined });
    } else if (type === "profile") {
      const { user } = frame;
      about = user.id;
      this.learn(user);
      this.#patchPeer(user, { name: user.nickname || user.username, avatar: user.avatar });
    } else if (type === "presence") {
      about = frame.user_id;
      this.#patchPeer(this.#isOnline({ id: about, online: frame.online }));
    }
    this.#said.set(type + about, { at, frame });
  }

  /** An answer that was asked for at a moment is taken: what frames have told since then holds. */
  tellAgain(asked: number): void {
    for (const { at, frame } of this.#said.values()) if (at > asked) this.tell(frame, at);
    this.#changed();
  }

  /** A profile is the newest that is known of a user. */
  learn({ online: _, ...profile }: Profile & Partial<User>): void {
    const { id } = profile;
    // Nobody, and all incoming hooks.
    if (!id || JSON.stringify(this.users.get(id)) === JSON.stringify(profile)) return;
    this.users.set(id, profile);
    this.#changed();
  }

  #isOnline<Peer extends Pick<User, "id" | "online">>(peer: Peer): Peer {
    this.online[peer.online ? "add" : "delete"](peer.id);
    return peer;
  }

  #patchPeer(peer: Partial<User> & { id: number }, fields?: { name: string; avatar: string }): void {
    for (const item of this.#items.values()) {
      const { entry } = item;
      if (entry.kind === "direct" && entry.peer.id === peer.id)
        this.#set(item, { ...fields, peer: { ...entry.peer, ...peer } });
    }
  }

  #readTo(item: Item, seq: number, counted: number): void {
    item.readTo = Math.max(item.readTo, seq);
    item.unread.read(seq, counted);
    this.#set(item, { read_seq: Math.max(seq, item.entry.read_seq), unread_from: undefined });
  }

  #mention({ mentions: known }: Item, message: Mentioning): void {
    const { seq, sender, mentions } = message;
    if (mentions !== "all" && !mentions.includes(this.me)) known.delete(seq);
    // The next entry is without those that are read.
    else if (sender?.id !== this.me) known.set(seq, [this.now(), rootOf(message)]);
  }

  /** Makes the next entry of an item. */
  #set(item: Item, fields: Partial<ConversationEntry>): void {
    const { last_seq, updated_at, last_message: known } = item.entry;
    const entry = Object.assign({}, item.entry, fields, { unread_count: item.unread.count });
    // What says less than is known: a message may have come before an answer that does not have it, and a
    // change before one that has the message as it was. The previews of a crowded group have no `rev`.
    if (
      last_seq > entry.last_seq ||
      (known?.seq === entry.last_message?.seq &&
        (known?.revoked || (known?.rev ?? 0) > (entry.last_message?.rev ?? Infinity)))
    )
      Object.assign(entry, { last_seq: Math.max(entry.last_seq, last_seq), last_message: known, updated_at });
    for (const [seq, [, root = 0]] of item.mentions)
      if (isRead(seq, entry) || seq <= (item.threads.get(root) ?? 0)) item.mentions.delete(seq);
    entry.mentions = [...item.mentions.keys()].sort((a, b) => a - b);
    item.entry = entry;
    this.#sorted = this.#shown = undefined;
    this.#changed();
  }
}

function isRead(seq: number, { read_seq, unread_from = Infinity }: ConversationEntry): boolean {
  return seq <= read_seq && seq < unread_from;
}

function inOrder(a: ConversationEntry, b: ConversationEntry): number {
  return +b.sticky - +a.sticky || b.updated_at - a.updated_at || b.id - a.id;
}
