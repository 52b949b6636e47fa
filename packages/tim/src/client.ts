import type { Frame } from "./connection/frames.ts";
import { Link } from "./connection/link.ts";
import { EVENT, TYPES } from "./constants.ts";
import { ChatError, CODES } from "./error.ts";
import { Incoming } from "./incoming/incoming.ts";
import { Lists } from "./incoming/lists.ts";
import { Rooms } from "./incoming/rooms.ts";
import { trusted } from "./json.ts";
import { profileOf, type WireProfile } from "./state/profiles.ts";
import { State } from "./state/state.ts";

/** Why the server ended the session, in the SDK's words. */
const KICKED: Record<string, string> = {
  token_expired: TYPES.KICKED_OUT_USERSIG_EXPIRED,
  invalid_token: TYPES.KICKED_OUT_USERSIG_EXPIRED,
};

const GROUP_DATA = /^\/group\/get(?:Group(?:Attributes|Counters)|TopicList)$/;

/** Who is signed in, and the socket that keeps what they have up to date. */
export class Client extends State {
  readonly #link: Link;
  readonly #lists: Lists;
  readonly #incoming: Incoming;
  /** the live rooms at which the app looks */
  readonly rooms: Rooms;
  /** frames that wait for the list; null: it is there */
  #held: Frame[] | null = null;

  constructor(server: string) {
    super(server, (frame) => this.#link.send(frame));
    this.http.onSessionOver = () => this.#kicked("token_expired");
    this.#lists = new Lists(this);
    this.#incoming = new Incoming(this, this.#lists, () => this.#load());
    this.rooms = new Rooms(this, this.#incoming);
    this.#link = new Link(() => this.#socketUrl(), {
      frame: (frame) => this.#take(frame),
      lost: (tries) => tries === 1 && this.#lost(),
      kicked: (reason) => this.#kicked(reason),
    });
  }

  #socketUrl(): string {
    const { server, token } = this.http;
    return `${server.replace(/^http/, "ws")}/tim/socket?token=${encodeURIComponent(token)}`;
  }

  /** Signs in with a token. @throws ChatError for one that is not valid, or another user's */
  async login(userID: string, token: string): Promise<void> {
    this.end();
    this.http.token = token;
    try {
      const { userinfo } = await this.http.data<{ userinfo: WireProfile }>("/user/getMyProfile");
      if (userinfo.userID !== userID)
        throw new ChatError(CODES.otherUser, `This token is not one of ${userID}.`);
      this.me = profileOf(userinfo);
    } catch (error) {
      this.http.token = "";
      throw error;
    }
    this.netState(TYPES.NET_STATE_CONNECTING);
    this.#link.open();
  }

  /** Forgets who was signed in. */
  end(): void {
    this.#link.close();
    this.#lists.end();
    this.#incoming.end();
    this.rooms.clear();
    this.#held = null;
    this.clear();
  }

  /** Passes on that the user is typing. */
  typing(conversationID: string): void {
    const conversation = this.conversations.numberOf(conversationID);
    if (conversation !== undefined) this.#link.send({ type: "typing", conversation });
  }

  /** Notes lists, attributes, counters and topics that an answer has: the app knows them. */
  know(path: string, body: object, data: unknown): void {
    const { groupData, ownLists } = this.#incoming;
    ownLists.know(path, data);
    const groupID: unknown = Reflect.get(body, "groupID");
    // Of some topics alone the others are not known.
    if (GROUP_DATA.test(path) && groupID !== undefined && !Reflect.get(body, "topicIDList"))
      groupData.know(String(groupID), trusted(JSON.stringify(data)));
  }

  /** @see Lists.lookUp */
  lookUp(conversationID: string): void {
    this.#lists.lookUp(conversationID);
  }

  #take(frame: Frame): void {
    if (frame.type === "ready") {
      this.#incoming.me = frame.user;
      this.netState(TYPES.NET_STATE_CONNECTED);
      this.#load();
    } else if (frame.type === "reload") this.#load();
    else if (this.#held) this.#held.push(frame);
    else this.#incoming.take(frame);
  }

  /** Loads the list. Frames wait for it. */
  #load(): void {
    this.#held ??= [];
    this.#lists.load(() => {
      const held = this.#held ?? [];
      this.#held = null;
      for (const frame of held) this.#incoming.take(frame);
      this.#incoming.missed();
    });
  }

  #lost(): void {
    this.#lists.end();
    this.#held = null;
    this.positions.lost();
    this.netState(TYPES.NET_STATE_DISCONNECTED);
    this.netState(TYPES.NET_STATE_CONNECTING);
  }

  #kicked(reason: string): void {
    if (!this.me) return;
    this.events.emit(EVENT.KICKED_OUT, { type: KICKED[reason] ?? TYPES.KICKED_OUT_REST_API });
    this.end();
  }
}
