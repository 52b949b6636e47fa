import { expect } from "vitest";
import { z } from "zod";
import { ChangesPage } from "../../../src/surfaces/v1/schemas/messages/messages.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask, page } from "../../support/clients/chat.ts";
import { Device } from "../../support/clients/device.ts";
import {
  asFixed,
  type DisplayedConversation,
  type DisplayedMessage,
  displayedMessage,
  type Mode,
} from "../../support/clients/displayed.ts";
import { ModelClient } from "../../support/clients/model-client.ts";
import { StrictMessage } from "../../support/clients/shapes.ts";
import { openRoom, type TestSocket } from "../../support/clients/socket.ts";

const StrictChanges = z.object({ ...ChangesPage.shape, items: z.array(StrictMessage) });

/** How long a frame may be under way, in ms. */
const PATIENCE_MS = 5_000;
const MAX_LOOKS = 20;

/** All messages that a user sees, loaded anew: with thread-only replies, and the main stream. */
export interface Loaded {
  all: StrictMessage[];
  main: StrictMessage[];
}

/** Loads all messages that a user sees. A story has less than a page of them. */
export async function load(who: SignedIn, id: number): Promise<Loaded> {
  const [all, main] = await Promise.all(
    ["&threads=all", ""].map((threads) => page(who, id, `?limit=100${threads}`)),
  );
  if (!all || !main) throw new Error("both are loaded");
  return { all: all.items, main: main.items };
}

/** A client that keeps what it shows of one conversation, by one way. */
export interface Reader {
  /** Asserts that it comes to show what a fresh load shows. */
  agrees(loaded: Loaded): Promise<void>;
  /** Connects, if it is away, and resumes. */
  comes(): Promise<void>;
  /** Disconnects. */
  leaves(): void;
  /** Its user is about to be removed and added again. */
  rejoins(): void;
  /** Its user is a member again: a client that was told of the removal has begun anew. */
  isBack(): Promise<void>;
}

/** What a client of a mode should show, and what it shows of the same messages. */
function pictures(shown: DisplayedMessage[], { all, main }: Loaded, { threads, changes }: Mode) {
  const expected = (threads ? all : main).map(displayedMessage);
  return changes ? { shown, expected } : { shown: shown.map(asFixed), expected: expected.map(asFixed) };
}

function areEqual({ shown, expected }: ReturnType<typeof pictures>): boolean {
  try {
    expect(shown).toEqual(expected);
    return true;
  } catch {
    return false;
  }
}

/** The messages that a user sees in their present time in the group. */
function sinceFirst(messages: DisplayedMessage[], { all }: Loaded): DisplayedMessage[] {
  return messages.filter(({ seq }) => seq >= (all[0]?.seq ?? 0));
}

/** A device socket of a user in one conversation. */
export class DeviceReader implements Reader {
  readonly device: Device;
  readonly #id: number;
  readonly #name: string;
  /** what it shows of its user's earlier time in the group is not looked at */
  #isRejoined = false;

  constructor(name: string, who: SignedIn, id: number, mode: Mode) {
    this.#name = name;
    this.#id = id;
    this.device = new Device(who, 0, { isPrompt: true, mode });
  }

  get displayed(): DisplayedConversation {
    return this.device.displayed(this.#id);
  }

  async comes(): Promise<void> {
    if (!this.device.isConnected) await this.device.connect();
  }

  leaves(): void {
    this.device.disconnect();
  }

  rejoins(): void {
    this.#isRejoined = true;
    this.device.rejoined(this.#id);
  }

  async isBack(): Promise<void> {}

  async agrees(loaded: Loaded): Promise<void> {
    const now = () => {
      const { messages } = this.displayed;
      const shown = this.#isRejoined ? sinceFirst(messages, loaded) : messages;
      return pictures(shown, loaded, this.device.mode);
    };
    const isWithheld = () => this.device.withholds(this.#id);
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      // It syncs what it does not show.
      this.device.focus(null);
      await this.device.until(() => isWithheld() || areEqual(now()), PATIENCE_MS);
      if (!isWithheld()) break;
    }
    const { shown, expected } = now();
    expect(shown, this.#name).toEqual(expected);
  }
}

/** A room socket of a user. It opens behind what it has. */
export class RoomReader implements Reader {
  readonly #id: number;
  readonly #who: SignedIn;
  readonly #name: string;
  readonly #mode: Mode;
  #client: ModelClient;
  #socket: TestSocket | undefined;
  #taken = 0;
  #failure: unknown;
  #isRejoined = false;

  constructor(name: string, who: SignedIn, id: number, mode: Mode) {
    [this.#name, this.#who, this.#id, this.#mode] = [name, who, id, mode];
    this.#client = this.#begin();
  }

  #begin(): ModelClient {
    const send = (frame: unknown) => this.#socket?.send(frame);
    const reload = () => {
      this.#reload().catch((error: unknown) => {
        this.#failure = error;
      });
    };
    const options = { isPrompt: true, mode: this.#mode, reload };
    return new ModelClient(this.#name, this.#who.user.id, send, options);
  }

  get #displayed(): DisplayedConversation {
    return this.#client.displayed(this.#id);
  }

  async comes(): Promise<void> {
    if (this.#socket) return;
    const { lastSeq, rev } = this.#displayed;
    const { threads, changes } = this.#mode;
    const query = `?after=${lastSeq}&rev=${rev}${threads ? "&threads=all" : ""}${changes ? "" : "&changes=0"}`;
    this.#client.begin();
    // The opening asks for the page for which a device sends a frame.
    this.#client.list([this.#id]);
    this.#taken = 0;
    this.#socket = await openRoom(this.#id, this.#who.token, query);
    await this.#until(() => !this.#displayed.isBehind);
  }

  leaves(): void {
    this.#take();
    this.#socket?.close();
    this.#socket = undefined;
  }

  rejoins(): void {}

  async isBack(): Promise<void> {
    if (!this.#socket) {
      this.#isRejoined = true;
      return;
    }
    expect(await this.#socket.closed(), this.#name).toMatchObject({ code: 4001 });
    this.#socket = undefined;
    this.#client = this.#begin();
    await this.comes();
  }

  async agrees(loaded: Loaded): Promise<void> {
    const now = () => {
      const { messages } = this.#displayed;
      return pictures(this.#isRejoined ? sinceFirst(messages, loaded) : messages, loaded, this.#mode);
    };
    await this.#until(() => areEqual(now()));
    const { shown, expected } = now();
    expect(shown, this.#name).toEqual(expected);
  }

  async #until(holds: () => boolean): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    const seen = this.#socket?.until(() => {
      this.#take();
      return this.#failure !== undefined || holds();
    });
    await Promise.race([seen, late]).finally(() => clearTimeout(timer));
    if (this.#failure !== undefined) throw this.#failure;
  }

  #take(): void {
    const frames = this.#socket?.frames ?? [];
    while (this.#taken < frames.length) {
      const frame = frames[this.#taken++];
      if (frame) this.#client.take(frame);
    }
  }

  async #reload(): Promise<void> {
    const { resets } = this.#displayed;
    const { all, main } = await load(this.#who, this.#id);
    this.#take();
    this.#displayed.load((this.#mode.threads ? all : main).map(displayedMessage), resets);
    this.#socket?.look();
  }
}

/** A number that no rev reaches: after it comes an empty page with the newest one. */
const NEWEST = Number.MAX_SAFE_INTEGER;

/** A client without sockets: what it has, the changes since, and the messages after it. */
export class FeedReader implements Reader {
  readonly #name: string;
  readonly #who: SignedIn;
  readonly #id: number;
  readonly #query: string;
  readonly #mode: Mode;
  readonly #messages = new Map<number, StrictMessage>();
  #rev = 0;
  #isRejoined = false;

  constructor(name: string, who: SignedIn, id: number, threads: boolean) {
    [this.#name, this.#who, this.#id] = [name, who, id];
    this.#query = threads ? "&threads=all" : "";
    this.#mode = { threads, changes: true };
  }

  async comes(): Promise<void> {
    let hasMore = true;
    while (hasMore) hasMore = await this.#page();
    const { items } = await page(this.#who, this.#id, `?limit=100&after=${this.#last}${this.#query}`);
    for (const message of items) this.#messages.set(message.seq, message);
  }

  leaves(): void {}

  rejoins(): void {
    this.#isRejoined = true;
  }

  async isBack(): Promise<void> {}

  get #last(): number {
    return Math.max(0, ...this.#messages.keys());
  }

  /** One page of changes. @returns whether there are more */
  async #page(): Promise<boolean> {
    const path = `/changes?after_rev=${this.#rev}&after=${this.#last}${this.#query}`;
    const { status, body } = await ask(this.#who, this.#id, "GET", path);
    if (status === 410) {
      this.#messages.clear();
      this.#rev = NEWEST;
      return true;
    }
    expect(status, JSON.stringify(body)).toBe(200);
    const { items, hidden, rev, has_more } = StrictChanges.parse(body);
    for (const message of items)
      if (this.#messages.has(message.seq)) this.#messages.set(message.seq, message);
    for (const seq of hidden) this.#messages.delete(seq);
    this.#rev = rev;
    return has_more;
  }

  async agrees(loaded: Loaded): Promise<void> {
    await this.comes();
    const messages = [...this.#messages.values()].sort((a, b) => a.seq - b.seq).map(displayedMessage);
    const current = this.#isRejoined ? sinceFirst(messages, loaded) : messages;
    const { shown, expected } = pictures(current, loaded, this.#mode);
    expect(shown, this.#name).toEqual(expected);
  }
}
