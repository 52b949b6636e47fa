import { type Conversation, type Message, Problem, type ServerFrame } from "parley-client";
import type { Account } from "../state/account.ts";
import { filled, type Gap, skipped } from "./gaps.ts";

/** A group, as who looks at it is shown it. */
export type Viewed = Extract<Conversation, { kind: "group" }>;

/** The most messages that stay on screen: older ones are loaded again. */
const KEPT = 500;
const PAGE = 50;
/** The server wants to hear from a client this often, in ms, and after so many characters. */
const PING_EVERY = 25_000;
const PING_CHARACTERS = 262_144;
/** The first pause before the socket is opened again, and the longest one, in ms. */
const [MIN_PAUSE, MAX_PAUSE] = [1_000, 30_000];
/** The close code behind `kicked`. */
const KICKED = 4_001;
/** Close codes after which there is nothing to look at: also for a foreign page, and who may look no more. */
const FINAL = [KICKED, 4_400, 4_403, 4_404];

/**
 * What a user is shown of an audience room of which they are no member. It is in no list, and the device
 * socket tells nothing of it: it has a socket of its own, and looking ends with that.
 */
export class Room {
  readonly id: number;
  readonly #chat: Account["chat"];
  readonly #changed: () => void;
  #conversation: Viewed;
  #messages: readonly Message[] = [];
  #gaps: readonly Gap[] = [];
  #viewers = 0;
  #hasOlder = false;
  #isOver = false;
  /** every message up to here, and every change, has come */
  #at = { seq: 0, rev: 0 };
  /** false: what was sent while there was no socket is still on its way */
  #isLive = false;
  #socket: WebSocket | undefined;
  /** the token with which the socket was opened, and the one that has ended */
  #token: string | undefined;
  #refused: string | undefined;
  #failures = 0;
  #received = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pinging: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;

  /** @param changed something that is shown has changed */
  constructor(chat: Account["chat"], conversation: Viewed, changed: () => void) {
    this.#chat = chat;
    this.id = conversation.id;
    this.#conversation = conversation;
    this.#viewers = conversation.viewer_count ?? 0;
    this.#changed = changed;
    void this.#load();
  }

  get conversation(): Viewed {
    return this.#conversation;
  }

  /** From the oldest to the newest. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Where the server has left out messages, as more come than anybody reads. */
  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  get viewers(): number {
    return this.#viewers;
  }

  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** Whether the user may look no more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends the looking. */
  close(): void {
    this.#isClosed = true;
    this.#forget();
  }

  /** Closes the socket, without waiting for its end, and opens none. */
  #forget(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#pinging);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** Loads messages before the first one. @throws {Problem} */
  async older(): Promise<void> {
    const page = await this.#page({ before: this.#messages[0]?.seq ?? 1 });
    this.#hasOlder = page.has_more;
    this.#messages = [...page.items, ...this.#messages];
    this.#changed();
  }

  /** Loads the newest messages of a gap. @throws {Problem} */
  async rest({ to }: Gap): Promise<void> {
    const { items, has_more: hasMore } = await this.#page({ before: to + 1 });
    this.#insert(items);
    this.#gaps = filled(this.#gaps, hasMore ? (items[0]?.seq ?? to) : 0, to);
    this.#changed();
  }

  /** Takes a message that the user has sent: the socket brings it, too. */
  take(message: Message): void {
    this.#insert([message]);
    this.#changed();
  }

  #page(bounds: object) {
    const query = { limit: PAGE, ...bounds };
    return this.#chat.api.call("get", "/v1/conversations/{id}/messages", { path: { id: this.id }, query });
  }

  /** Loads the newest messages, and hears of what comes behind them. */
  async #load(): Promise<void> {
    try {
      const { items, has_more: hasMore, last_seq: seq = 0, rev = 0 } = await this.#page({});
      if (this.#isClosed) return;
      this.#messages = items;
      this.#gaps = [];
      this.#hasOlder = hasMore;
      this.#at = { seq, rev };
      this.#changed();
      await this.#open();
    } catch (error) {
      if (error instanceof Problem && error.code === "not_found") this.#end();
      else this.#again(() => this.#load());
    }
  }

  async #open(): Promise<void> {
    const { api } = this.#chat;
    const token = await api.token(this.#refused, true);
    if (!token || this.#isClosed) return;
    this.#token = token;
    const { seq, rev } = this.#at;
    const path = `/v1/conversations/${this.id}/socket?after=${seq}&rev=${rev}`;
    const socket = new WebSocket(api.socketUrl(path), ["parley.v1", `token.${token}`]);
    this.#socket = socket;
    this.#isLive = false;
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#receive(`${data}`);
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.#socket) this.#lost(code, reason);
    };
    this.#pinging = setInterval(() => this.#ping(), PING_EVERY);
  }

  #lost(code: number, reason: string): void {
    this.#forget();
    const isExpired = reason === "token_expired";
    if (isExpired) this.#refused = this.#token;
    if (FINAL.includes(code) && !isExpired) this.#end();
    else this.#again(() => this.#open());
  }

  #end(): void {
    this.#isOver = true;
    this.#changed();
  }

  /** Does something once more after a pause, unless the user looks elsewhere. */
  #again(act: () => Promise<void>): void {
    if (this.#isClosed) return;
    const pause = Math.min(MIN_PAUSE * 2 ** this.#failures++, MAX_PAUSE);
    this.#timer = setTimeout(() => act().catch(() => this.#again(act)), pause);
  }

  #ping(): void {
    this.#received = 0;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send("ping");
  }

  #receive(text: string): void {
    this.#received += text.length;
    if (this.#received > PING_CHARACTERS) this.#ping();
    if (text === "pong") return;
    this.#take(JSON.parse(text));
    this.#changed();
  }

  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case "ready":
        this.#failures = 0;
        break;
      case "message":
        this.#put([frame.message]);
        break;
      case "messages":
        this.#put(frame.items, frame.sampled);
        break;
      case "changed":
        for (const item of frame.items) if ("body" in item) this.#replace(item.seq, () => item);
        this.#reached(0, frame.rev);
        break;
      case "revoked":
        this.#replace(frame.seq, (one) => ({ ...one, revoked: true, body: {} }));
        this.#reached(0, frame.rev);
        break;
      case "synced":
        this.#reached(frame.last_seq, frame.rev);
        this.#isLive = !frame.has_more;
        if (frame.has_more)
          this.#socket?.send(JSON.stringify({ type: "sync", after: frame.last_seq, rev: frame.rev }));
        break;
      case "reset":
        this.#forget();
        void this.#load();
        break;
      case "kicked":
        // The close event may come later.
        this.#lost(KICKED, frame.reason);
        break;
      case "viewers":
        this.#viewers = frame.count;
        break;
      case "conversation":
        if (frame.conversation.kind === "group") this.#conversation = frame.conversation;
        break;
    }
  }

  #reached(seq: number, rev: number): void {
    this.#at = { seq: Math.max(this.#at.seq, seq), rev: Math.max(this.#at.rev, rev) };
  }

  /** @param sampled of which the messages are a part */
  #put(messages: readonly Message[], sampled?: { after: number; last_seq: number }): void {
    const last = sampled?.last_seq ?? messages.at(-1)?.seq ?? 0;
    this.#insert(messages);
    // While something is on its way, it has all of them.
    if (this.#isLive) {
      const from = Math.max(sampled?.after ?? last, this.#at.seq) + 1;
      if (from <= last) this.#gaps = skipped(this.#gaps, { from, to: last });
      this.#reached(last, 0);
    }
    if (this.#messages.length <= KEPT) return;
    this.#messages = this.#messages.slice(-KEPT);
    this.#gaps = filled(this.#gaps, 0, this.#messages[0]?.seq ?? 0);
    this.#hasOlder = true;
  }

  #insert(messages: readonly Message[]): void {
    for (const message of messages) {
      const { seq, thread } = message;
      if (thread?.also_in_main === false) continue;
      const others = this.#messages.filter((one) => one.seq !== seq);
      // What the user has sent may come before what is before it.
      const at = others.findLastIndex((one) => one.seq < seq) + 1;
      this.#messages = [...others.slice(0, at), message, ...others.slice(at)];
    }
  }

  #replace(seq: number, change: (message: Message) => Message): void {
    this.#messages = this.#messages.map((one) => (one.seq === seq ? change(one) : one));
  }
}
