import { Http } from "../connection/http.ts";
import { EVENT } from "../constants.ts";
import { Emitter } from "../emitter.ts";
import type { Group, Message, Profile } from "../types.ts";
import { Conversations } from "./conversations.ts";
import { Messages } from "./messages.ts";
import { Positions } from "./positions.ts";
import { Reactions } from "./reactions.ts";
import { numberIn, type WireMessage } from "./wire.ts";

/** Who is signed in, and what the app sees of it. */
export class State {
  readonly http: Http;
  readonly events = new Emitter();
  readonly messages = new Messages();
  readonly conversations = new Conversations(() => this.announceSoon());
  readonly positions: Positions;
  readonly reactions = new Reactions();
  /** the IDs of live rooms at which the app looks without being a member: they are in no list */
  readonly unlisted = new Set<string>();
  me: Profile | undefined;
  /** between SDK_READY and SDK_NOT_READY */
  isReady = false;
  #isAnnounced = true;
  #total = 0;

  /** @param send sends a frame, if there is a socket */
  constructor(server: string, send: (frame: object) => boolean) {
    this.http = new Http(server);
    this.positions = new Positions(send);
  }

  get myID(): string {
    return this.me?.userID ?? "";
  }

  /** Forgets everything. */
  clear(): void {
    const wasReady = this.isReady;
    this.http.token = "";
    this.me = undefined;
    this.isReady = false;
    this.#total = 0;
    for (const part of [this.messages, this.conversations, this.positions]) part.clear();
    if (wasReady) this.events.emit(EVENT.SDK_NOT_READY, {});
  }

  /** Notes the number of a message's conversation, by which the socket names it. */
  note({ ID, conversationID }: Pick<WireMessage, "ID" | "conversationID">): number | undefined {
    const number = numberIn(ID);
    if (number !== undefined) this.conversations.number(number, conversationID);
    return number;
  }

  /** A notice as the SDK has it: it is addressed to its group. */
  takeNotice(wire: WireMessage): Message {
    const { groupProfile = {} } = wire.payload;
    const payload = { ...wire.payload, groupProfile: { groupName: groupProfile.name, ...groupProfile } };
    return this.messages.take({ ...wire, payload, to: String(groupProfile.groupID ?? wire.to) }).message;
  }

  /** Tells the app once of all changes of the list in this turn. */
  announceSoon(): void {
    if (!this.#isAnnounced) return;
    this.#isAnnounced = false;
    queueMicrotask(() => {
      if (!this.#isAnnounced) this.announce();
    });
  }

  /** Tells the app of the list. */
  announce(): void {
    this.#isAnnounced = true;
    if (!this.me) return;
    this.events.emit(EVENT.CONVERSATION_LIST_UPDATED, this.conversations.list());
    const total = this.conversations.total();
    if (total === this.#total) return;
    this.#total = total;
    this.events.emit(EVENT.TOTAL_UNREAD_MESSAGE_COUNT_UPDATED, total);
  }

  /** Tells the app of the groups of the list. */
  announceGroups(): void {
    const groups = this.conversations
      .list()
      .flatMap(({ groupProfile }): Group[] => (groupProfile ? [groupProfile] : []));
    this.events.emit(EVENT.GROUP_LIST_UPDATED, groups);
  }

  netState(state: string): void {
    this.events.emit(EVENT.NET_STATE_CHANGE, { state });
  }
}
