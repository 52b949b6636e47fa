import type { Person } from "../../../../../scripts/support/person.ts";
import {
  Chat,
  type ConversationWindow,
  type Message,
  type NewMessage,
  type OutboxItem,
  type WindowView,
} from "../../../src/index.ts";
import type { Network } from "../../support/network.ts";
import type { Random } from "./random.ts";
import type { Kept, Storage } from "./storage.ts";

/** A conversation of a story. */
export interface Room {
  readonly id: number;
  readonly kind: "direct" | "group";
  /** the ids of its members */
  readonly members: readonly number[];
}

/** Two messages that a view had beside each other. */
export interface Neighbours {
  readonly room: number;
  readonly thread: number | undefined;
  readonly before: number;
  readonly behind: number;
}

/** A send that a view has not shown although it should have. */
export interface Missed {
  readonly room: number;
  readonly clientMsgId: string;
  readonly from: number;
  readonly to: number;
}

/** What one start of a client has sent and told. */
interface Life {
  /** the sends to each conversation, in order, those of earlier lives that the cache had kept first */
  readonly sent: Map<number, string[]>;
  /** what `onMessage` has told of each conversation */
  readonly told: Map<number, number[]>;
  /** the position of each conversation in the cache */
  readonly from: ReadonlyMap<number, number>;
}

interface Opened {
  readonly window: ConversationWindow;
  seen: WindowView | undefined;
  /** what was sent while it showed the newest messages, and was not among its messages yet */
  readonly awaited: Set<string>;
}

/** A device of a user: its clients, one after the other, each with the cache of the one before. */
export class Device {
  readonly name: string;
  readonly person: Person;
  readonly network: Network;
  readonly rooms: readonly Room[];
  /** whether it follows all conversations */
  readonly isBot: boolean;
  readonly windows = new Set<Opened>();
  readonly lives: Life[] = [];
  /** what its views had beside each other, by a text of the same */
  readonly neighbours = new Map<string, Neighbours>();
  readonly missed: Missed[] = [];
  /** the sends that a reload may have lost */
  readonly mayBeLost = new Set<string>();
  /** how the client has broken a rule that shows at once */
  readonly broken: string[] = [];
  /** the other tabs of its browser */
  tabs: readonly Device[] = [];
  readonly #storage: Storage;
  /** the conversation of each send of all lives */
  readonly #places = new Map<string, number>();
  /** what the cache has is being read: nobody acts */
  isStarting = true;
  #chat: Chat;

  constructor(
    name: string,
    person: Person,
    network: Network,
    rooms: readonly Room[],
    storage: Storage,
    isBot: boolean,
  ) {
    this.name = name;
    this.person = person;
    this.network = network;
    this.rooms = rooms;
    this.isBot = isBot;
    this.#storage = storage;
    this.#chat = this.#make({ outbox: [], positions: new Map() });
  }

  get chat(): Chat {
    return this.#chat;
  }

  get me(): number {
    return this.person.user.id;
  }

  /** What waits to be sent, or for its place, and was not refused. */
  get unsettled(): string[] {
    return this.#outbox
      .filter(({ state }) => state !== "failed")
      .map(({ conversation_id: id, state, seq }) => `${state} at ${seq} in ${id}`);
  }

  /** How many messages wait to be sent. */
  get waiting(): number {
    return this.#outbox.length;
  }

  /** The sends that were refused. */
  get failed(): string[] {
    return this.#outbox.filter(({ state }) => state === "failed").map(({ client_msg_id: id }) => id);
  }

  get #outbox(): OutboxItem[] {
    return this.rooms.flatMap(({ id }) => this.#chat.state.outbox(id));
  }

  async start(): Promise<void> {
    await this.#chat.start();
    const own = new Set(this.#outbox.map(({ client_msg_id: id }) => id));
    for (const tab of this.tabs)
      for (const { client_msg_id: id } of tab.#outbox)
        if (own.has(id)) this.broken.push(`${this.name} sends ${id} of ${tab.name}, which lives`);
    this.isStarting = false;
  }

  async stop(): Promise<void> {
    await this.#chat.stop();
  }

  save(): void {
    this.#storage.save();
  }

  /** The client ends at once, unsaved; another one begins with what the cache has. */
  async reload(random: Random): Promise<void> {
    const old = this.#chat;
    this.isStarting = true;
    const kept = await this.#storage.crash(random);
    await old.stop();
    const saved = new Set(kept.outbox);
    for (const { client_msg_id: id } of this.#outbox) if (!saved.has(id)) this.mayBeLost.add(id);
    this.windows.clear();
    this.#chat = this.#make(kept);
    await this.start();
  }

  open(room: number, thread?: number): ConversationWindow {
    const window = this.#chat.open(room, thread === undefined ? {} : { thread });
    this.windows.add({ window, seen: undefined, awaited: new Set() });
    return window;
  }

  close(opened: Opened): void {
    opened.window.close();
    this.windows.delete(opened);
  }

  send(room: number, message: NewMessage): void {
    const clientMsgId = crypto.randomUUID();
    const life = this.lives.at(-1);
    if (!life) return;
    this.#places.set(clientMsgId, room);
    push(life.sent, room, clientMsgId);
    const isMain = message.thread?.also_in_main !== false;
    this.#chat.send(room, { ...message, client_msg_id: clientMsgId });
    for (const { window, awaited } of this.windows)
      if (window.conversationId === room && window.thread === undefined && isMain && !window.view.hasNewer)
        awaited.add(clientMsgId);
  }

  #make({ outbox, positions }: Kept): Chat {
    const chat = new Chat({
      url: this.network.origin,
      token: this.person.token,
      cache: this.#storage.begin(),
      pause: 50,
      keeps: () => this.isBot,
    });
    const life: Life = { sent: new Map(), told: new Map(), from: positions };
    for (const id of outbox) {
      const room = this.#places.get(id);
      if (room !== undefined) push(life.sent, room, id);
    }
    this.lives.push(life);
    chat.onMessage(({ conversation_id: id, seq }) => push(life.told, id, seq));
    chat.subscribe(
      () => ({}),
      () => this.#look(),
    );
    return chat;
  }

  /** Looks at what each window shows, as an app does after each change. */
  #look(): void {
    for (const opened of this.windows) {
      const { view } = opened.window;
      if (view === opened.seen) continue;
      opened.seen = view;
      this.#check(opened, view);
    }
  }

  #check({ window, awaited }: Opened, { messages, pending, hasNewer }: WindowView): void {
    const { conversationId: room, thread } = window;
    for (const [i, { seq: behind }] of messages.entries()) {
      const before = messages[i - 1]?.seq ?? 0;
      if (i === 0) continue;
      if (behind <= before) this.broken.push(`${this.name} shows ${behind} behind ${before} in ${room}`);
      if (behind === before + 1) continue;
      const key = `${room} ${thread} ${before} ${behind}`;
      if (!this.neighbours.has(key)) this.neighbours.set(key, { room, thread, before, behind });
    }
    const waiting = new Set(pending.map(({ client_msg_id: id }) => id));
    if (waiting.size === 0 && awaited.size === 0) return;
    for (const id of ownIds(messages, this.me)) {
      if (waiting.has(id)) this.broken.push(`${this.name} shows ${id} twice in ${room}`);
      awaited.delete(id);
    }
    const from = messages[0]?.seq;
    const to = messages.at(-1)?.seq;
    if (from === undefined || to === undefined || hasNewer) {
      awaited.clear();
      return;
    }
    for (const id of awaited)
      if (!waiting.has(id)) {
        this.missed.push({ room, clientMsgId: id, from, to });
        awaited.delete(id);
      }
  }
}

function ownIds(messages: readonly Message[], me: number): string[] {
  return messages.flatMap(({ sender, client_msg_id: id }) => (id && sender.id === me ? [id] : []));
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
