import { EVENT, TYPES } from "../constants.ts";
import type { State } from "../state/state.ts";
import type { WireConversation, WireMessage } from "../state/wire.ts";

/** How long conversations are collected before the server is asked for them (ms). */
const LOOK_UP_AFTER = 100;
/** The most conversations of a look-up. */
const MAX_LOOKED_UP = 100;
/** The pause after what could not be loaded (ms). */
export const AGAIN_AFTER = 2_000;

/** Loads the list of conversations, once the socket is open, and looks single ones up. */
export class Lists {
  readonly #state: State;
  /** rises with each sign-in, loss and loading: what an older one brings is dropped */
  #generation = 0;
  /** conversations to be looked up */
  readonly #stale = new Set<string>();
  /** the newest notice that the app was told of */
  #notices = 0;

  constructor(state: State) {
    this.#state = state;
  }

  /** The socket is lost, or the user signs out. */
  end(): void {
    this.#generation++;
    this.#stale.clear();
  }

  /**
   * Loads the list, and what was missed since the last time: the sync positions of conversations and the
   * notices say from where on.
   * @param then called once the list is there
   */
  load(then: () => void): void {
    const generation = ++this.#generation;
    const isCurrent = () => generation === this.#generation;
    this.#whole().then(
      (items) => {
        if (!isCurrent()) return;
        this.#take(items);
        then();
      },
      () => setTimeout(() => isCurrent() && this.load(then), AGAIN_AFTER),
    );
  }

  async #whole(): Promise<WireConversation[]> {
    const items: WireConversation[] = [];
    const { http } = this.#state;
    for (let nextCursor = "", isCompleted = false; !isCompleted; ) {
      const page = await http.call("/conversation/getConversationList", nextCursor ? { nextCursor } : {});
      if (Array.isArray(page.data)) items.push(...page.data);
      nextCursor = String(page.nextCursor ?? "");
      isCompleted = page.isCompleted !== false || nextCursor === "";
    }
    return items;
  }

  #take(items: WireConversation[]): void {
    const { conversations, positions } = this.#state;
    const missed = items.flatMap((item) => this.#missedOf(item) ?? []);
    const notices = items.find(({ type }) => type === TYPES.CONV_SYSTEM)?.message?.sequence ?? 0;
    positions.sync(missed);
    conversations.replace(items);
    this.#state.announce();
    if (!this.#state.isReady) {
      this.#state.isReady = true;
      this.#notices = notices;
      this.#state.events.emit(EVENT.SDK_READY, {});
    } else if (notices > this.#notices) void this.#missedNotices();
    this.#state.announceGroups();
  }

  /** The number of a conversation of which something was missed. */
  #missedOf(item: WireConversation): number | undefined {
    const { isReady, positions } = this.#state;
    const { conversationID, message } = item;
    const number = message ? this.#state.note({ ...message, conversationID }) : undefined;
    if (number === undefined || !message) return undefined;
    const position = positions.get(number);
    if (position?.revision !== undefined) return number;
    // A conversation that the app does not know yet has begun meanwhile: what is unread of it is new.
    if (!position) positions.begin(number, isReady ? readUpTo(item, message) : message.sequence);
    return message.sequence > (positions.get(number)?.sequence ?? 0) ? number : undefined;
  }

  /** A notice has come on the socket. @returns false: the app has it */
  notice(sequence: number): boolean {
    const isNew = sequence > this.#notices;
    this.#notices = Math.max(this.#notices, sequence);
    return isNew;
  }

  async #missedNotices(): Promise<void> {
    const known = this.#notices;
    const found = await this.pagesBack(TYPES.CONV_SYSTEM, known);
    const isMissed = ({ sequence }: WireMessage) => sequence > known && this.notice(sequence);
    const missed = (found ?? []).filter(isMissed).map((wire) => this.#state.takeNotice(wire));
    if (missed.length > 0) this.#state.events.emit(EVENT.MESSAGE_RECEIVED, missed);
  }

  /**
   * The messages of a conversation from the page on that has one of this sequence, in order.
   * @returns null: they could not be loaded, or the link was lost meanwhile
   */
  async pagesBack(conversationID: string, sequence: number): Promise<WireMessage[] | null> {
    const generation = this.#generation;
    const found: WireMessage[] = [];
    for (let nextReqMessageID = "", isDone = false; !isDone; ) {
      const body = { conversationID, nextReqMessageID };
      const page = await this.#state.http.call("/message/getMessageList", body).catch(() => null);
      if (!page || generation !== this.#generation) return null;
      const items: { message: WireMessage }[] = Array.isArray(page.data) ? page.data : [];
      found.unshift(...items.map(({ message }) => message));
      nextReqMessageID = String(page.nextReqMessageID ?? "");
      isDone = nextReqMessageID === "" || (found[0]?.sequence ?? 0) <= sequence;
    }
    return found;
  }

  /** Asks the server for a conversation of which the client cannot know the counts. */
  lookUp(conversationID: string): void {
    if (this.#stale.size === 0) setTimeout(() => void this.#lookUpStale(), LOOK_UP_AFTER);
    this.#stale.add(conversationID);
  }

  lookUpNumber(number: number): void {
    const conversation = this.#state.conversations.ofNumber(number);
    if (conversation) this.lookUp(conversation.conversationID);
  }

  async #lookUpStale(): Promise<void> {
    const generation = this.#generation;
    const conversationID = [...this.#stale].slice(0, MAX_LOOKED_UP);
    for (const ID of conversationID) this.#stale.delete(ID);
    if (conversationID.length === 0) return;
    const { conversations } = this.#state;
    const before = new Map(conversationID.map((ID) => [ID, conversations.changes(ID)]));
    if (this.#stale.size > 0) setTimeout(() => void this.#lookUpStale(), LOOK_UP_AFTER);
    const found = await this.#state.http
      .data<WireConversation[]>("/conversation/getConversationList", { conversationID })
      .catch(() => []);
    if (generation !== this.#generation) return;
    for (const item of found) {
      // Something has come since the question: the answer may be older.
      if (before.get(item.conversationID) !== conversations.changes(item.conversationID))
        this.lookUp(item.conversationID);
      else this.takeConversation(item);
    }
  }

  /** Takes a conversation as it is now. @param sequence that of its last message */
  takeConversation(item: WireConversation, sequence?: number): void {
    const { conversations, positions } = this.#state;
    const known = conversations.find(item.conversationID);
    const before = known?.groupProfile;
    const number = this.#missedOf(item);
    // Of one that is known the socket brings what is new.
    if (number !== undefined && !known) positions.sync([number]);
    conversations.take(item, sequence);
    const isNewGroup = !known && item.type === TYPES.CONV_GROUP;
    if (isNewGroup || JSON.stringify(before) !== JSON.stringify(item.groupProfile))
      this.#state.announceGroups();
  }
}

/** The last message of a conversation that the user has read. */
function readUpTo({ groupProfile, unreadCount }: WireConversation, { sequence }: WireMessage): number {
  const read = groupProfile?.selfInfo?.readedSequence;
  // In a direct conversation everything counts that comes from the other.
  return typeof read === "number" ? read : Math.max(0, sequence - unreadCount);
}
