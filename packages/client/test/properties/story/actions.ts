import { type ConversationWindow, type Message, type NewMessage, Problem } from "../../../src/index.ts";
import { text } from "../../support/chats.ts";
import type { Device, Room } from "./device.ts";
import type { Random } from "./random.ts";

const KEYS = ["👍", "🎉", ":party_parrot:"] as const;
/** One message of so many is changed more than the others. */
const POPULAR = 8;
/** A device shows so many conversations and threads at once. */
const MAX_WINDOWS = 4;

/** What users do: each action by its share among all. */
export class Actions {
  readonly #device: Device;
  readonly #random: Random;
  readonly #calls = new Set<Promise<unknown>>();
  #said = 0;

  constructor(device: Device, random: Random) {
    this.#device = device;
    this.#random = random;
  }

  /** Ends when no call is under way. */
  async end(): Promise<void> {
    await Promise.all(this.#calls);
  }

  /** Does something. @returns how many messages it has sent */
  act(): number {
    const random = this.#random;
    const room = random.pick(this.#device.rooms);
    if (!room) return 0;
    const kind = random.next();
    if (kind < 0.14) return this.#send(room, 1);
    if (kind < 0.17) return this.#send(room, random.whole(2, 20));
    if (kind < 0.56) this.#change(this.#shownRoom() ?? room);
    else if (kind < 0.66) this.#read();
    else if (kind < 0.68) this.#markUnread();
    else if (kind < 0.78) this.#openOrClose(room);
    else if (kind < 0.92) this.#grow();
    else if (kind < 0.97) this.#look();
    else this.#device.save();
    return 0;
  }

  #send(room: Room, count: number): number {
    for (let i = 0; i < count; i++) this.#device.send(room.id, this.#message(room));
    return count;
  }

  #message({ id, kind, members }: Room): NewMessage {
    const random = this.#random;
    const device = this.#device;
    const said = text(`${device.name} ${device.lives.length}.${++this.#said}`);
    const shown = this.#shown(id);
    const mentioned = random.pick(members);
    const mentions = random.chance(0.2) ? "all" : mentioned ? [mentioned] : [];
    const quoted = random.chance(0.1) ? shown : undefined;
    const root = random.chance(0.15) && !quoted?.thread ? shown : undefined;
    const thread = root && isSaid(root) && !root.thread && !root.revoked ? root.seq : undefined;
    return {
      ...said,
      ...(kind === "group" && random.chance(0.15) && { mentions }),
      ...(quoted && isSaid(quoted) && !quoted.revoked && { quote_seq: quoted.seq }),
      ...(thread !== undefined && { thread: { root: thread, also_in_main: random.chance(0.4) } }),
    };
  }

  /** Changes one of the messages of a window. */
  #change({ id, kind, members }: Room): void {
    const random = this.#random;
    // Mostly one of those that the others change too.
    const message = this.#shown(id, random.chance(0.8) ? POPULAR : 1);
    if (!message || !isSaid(message)) return;
    const { seq, revoked, sender, version, mine } = message;
    const path = { id, seq };
    const { api } = this.#device.chat;
    const isOwn = sender.id === this.#device.me;
    const what = random.next();
    if (what < 0.5) {
      const key = random.pick(KEYS) ?? KEYS[0];
      const method = mine?.includes(key) && random.chance(0.7) ? "delete" : "put";
      this.#call(
        api.call(method, "/v1/conversations/{id}/messages/{seq}/reactions/{key}", { path: { ...path, key } }),
      );
    } else if (what < 0.8) {
      if (!isOwn || revoked) return;
      const body = {
        base_version: version,
        body: { text: `edited ${++this.#said} by ${this.#device.name}` },
      };
      this.#call(api.call("patch", "/v1/conversations/{id}/messages/{seq}", { path, body }));
    } else if (what < 0.86) {
      if (isOwn)
        this.#call(
          api.call("delete", "/v1/conversations/{id}/messages/{seq}", { path, query: { for: "everyone" } }),
        );
    } else if (what < 0.94) {
      // One member at most hides a message, so that all of them together see everything.
      if (members[seq % members.length] === this.#device.me)
        this.#call(
          api.call("delete", "/v1/conversations/{id}/messages/{seq}", { path, query: { for: "me" } }),
        );
    } else if (kind === "direct") {
      const method = random.chance(0.3) ? "delete" : "put";
      this.#call(api.call(method, "/v1/conversations/{id}/messages/{seq}/pin", { path }));
    }
  }

  #read(): void {
    const window = this.#window();
    const seq = this.#random.chance(0.5) ? undefined : this.#random.pick(window?.view.messages ?? [])?.seq;
    window?.read(seq);
  }

  #markUnread(): void {
    const window = this.#window();
    const message = window && this.#shown(window.conversationId);
    if (!message) return;
    const { conversation_id: id, seq } = message;
    const body = { seq, unread: true };
    this.#call(this.#device.chat.api.call("put", "/v1/conversations/{id}/read", { path: { id }, body }));
  }

  #openOrClose({ id }: Room): void {
    const device = this.#device;
    if (device.windows.size >= MAX_WINDOWS || this.#random.chance(0.3)) {
      const opened = this.#random.pick([...device.windows]);
      if (opened) device.close(opened);
      return;
    }
    const shown = this.#random.chance(0.3) ? this.#shown(id) : undefined;
    device.open(id, shown?.thread?.root ?? (shown?.thread_summary && shown.seq));
  }

  #grow(): void {
    const random = this.#random;
    const window = this.#window();
    if (!window) return;
    const last = this.#device.chat.state.conversation(window.conversationId)?.last_seq ?? 0;
    const way = random.next();
    if (way < 0.4) this.#call(window.older());
    else if (way < 0.7) this.#call(window.newer());
    else if (way < 0.8) this.#call(window.jump(random.whole(1, Math.max(1, last))));
    else this.#call(window.jump(Infinity));
  }

  #look(): void {
    const window = this.#window();
    // A room socket takes a while to open.
    if (this.#random.chance(0.8)) window?.focus();
    else window?.blur();
  }

  /** A conversation that a window shows. */
  #shownRoom(): Room | undefined {
    const id = this.#window()?.conversationId;
    return this.#device.rooms.find((room) => room.id === id);
  }

  #window(): ConversationWindow | undefined {
    return this.#random.pick([...this.#device.windows])?.window;
  }

  /**
   * A message of a conversation that a window shows, mostly one of the newest.
   * @param every one whose `seq` is a multiple of this
   */
  #shown(id: number, every = 1): Message | undefined {
    const windows = [...this.#device.windows].filter(({ window }) => window.conversationId === id);
    const all = this.#random.pick(windows)?.window.view.messages ?? [];
    const messages = all.filter(({ seq }) => seq % every === 0);
    const newest = this.#random.pick([3, 3, 10, Infinity]) ?? Infinity;
    return this.#random.pick(messages.slice(-newest));
  }

  /** The call may be refused, or have no answer: it has happened or not. */
  #call(call: Promise<unknown>): void {
    const ended = call
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) this.#device.broken.push(`${this.#device.name}: ${error}`);
      })
      .finally(() => this.#calls.delete(ended));
    this.#calls.add(ended);
  }
}

function isSaid({ kind }: Message): boolean {
  return kind !== "tip";
}
