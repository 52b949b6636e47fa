import type { Conversations } from "../list/conversations.ts";
import type { OutboxItem } from "../outbox/item.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Connection, Engine } from "../sync/engine.ts";
import type { ConversationEntry, Profile } from "../types.ts";

/** What a client shows, to select from. What a getter returns never changes: a change makes another. */
export class ChatState {
  readonly #list: Conversations;
  readonly #outbox: Outbox;
  readonly #engine: Engine;

  constructor(list: Conversations, outbox: Outbox, engine: Engine) {
    this.#list = list;
    this.#outbox = outbox;
    this.#engine = engine;
  }

  /** How the client stands to the server. */
  get connection(): Connection {
    return this.#engine.connection;
  }

  /** The id of the user; 0: not known yet. */
  get me(): number {
    return this.#list.me;
  }

  /** The list: sticky conversations first, then by the newest message; without the archive. */
  get conversations(): readonly ConversationEntry[] {
    return this.#list.shown;
  }

  /** Whether the server's list has come since the start: a list that is empty then has no conversations. */
  get isListed(): boolean {
    return this.#list.isListed;
  }

  /** A conversation of the list or the archive. */
  conversation(id: number): ConversationEntry | undefined {
    return this.#list.get(id);
  }

  /** A user who was met in the list, in messages or in frames: their profile of today. */
  user(id: number): Profile | undefined {
    return this.#list.users.get(id);
  }

  /** Whether a contact is online. */
  isOnline(userId: number): boolean {
    return this.#list.online.has(userId);
  }

  /** What the user has sent in a conversation, and is not stored or not shown yet. */
  outbox(conversationId: number): readonly OutboxItem[] {
    return this.#outbox.items(conversationId);
  }
}
