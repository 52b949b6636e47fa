import { expect } from "vitest";
import { z } from "zod";
import { ChangesPage } from "../../../src/surfaces/v1/messages/messages.ts";
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
import { StrictMessage } from "../../support/clients/shapes.ts";

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
  /**
   * Its user is a member again: a client that was told of the removal begins anew.
   * @param seesEarlier they see what was before, which no socket brings
   */
  isBack(seesEarlier: boolean): Promise<void>;
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

/** A socket of a user, in one conversation. */
abstract class SocketReader implements Reader {
  abstract readonly device: Device;
  protected readonly id: number;
  readonly #name: string;
  /** what it shows of its user's earlier time in the group is not looked at */
  protected isRejoined = false;

  constructor(name: string, id: number) {
    [this.#name, this.id] = [name, id];
  }

  get displayed(): DisplayedConversation {
    return this.device.displayed(this.id);
  }

  async comes(): Promise<void> {
    if (!this.device.isConnected) await this.device.connect();
  }

  leaves(): void {
    this.device.disconnect();
  }

  abstract rejoins(): void;
  abstract isBack(seesEarlier: boolean): Promise<void>;
  /** Waits until it shows what it should, or no longer. */
  protected abstract until(isEqual: () => boolean): Promise<void>;

  async agrees(loaded: Loaded): Promise<void> {
    const now = () => {
      const { messages } = this.displayed;
      return pictures(this.isRejoined ? sinceFirst(messages, loaded) : messages, loaded, this.device.mode);
    };
    await this.until(() => areEqual(now()));
    const { shown, expected } = now();
    expect(shown, this.#name).toEqual(expected);
  }
}

/** A device socket of a user in one conversation. */
export class DeviceReader extends SocketReader {
  override readonly device: Device;

  constructor(name: string, who: SignedIn, id: number, mode: Mode) {
    super(name, id);
    this.device = new Device(who, 0, { isPrompt: true, mode });
  }

  override rejoins(): void {
    this.isRejoined = true;
    this.device.rejoined(this.id);
  }

  override async isBack(seesEarlier: boolean): Promise<void> {
    if (seesEarlier && this.device.isConnected) await this.device.beginAnew(this.id);
  }

  protected override async until(isEqual: () => boolean): Promise<void> {
    const isWithheld = () => this.device.withholds(this.id);
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      // It syncs what it does not show.
      this.device.focus(null);
      await this.device.until(() => isWithheld() || isEqual(), PATIENCE_MS);
      if (!isWithheld()) break;
    }
  }
}

/** A room socket of a user. It opens behind what it has. */
export class RoomReader extends SocketReader {
  override device: Device;
  readonly #begin: () => Device;

  constructor(name: string, who: SignedIn, id: number, mode: Mode) {
    super(name, id);
    this.#begin = () => new Device(who, 0, { isPrompt: true, mode, room: id });
    this.device = this.#begin();
  }

  override rejoins(): void {}

  override async isBack(): Promise<void> {
    if (!this.device.isConnected) {
      this.isRejoined = true;
      return;
    }
    await this.device.until(() => false, PATIENCE_MS);
    expect(this.device.isConnected, "its socket is closed as its user is removed").toBe(false);
    this.device = this.#begin();
    await this.comes();
  }

  protected override async until(isEqual: () => boolean): Promise<void> {
    await this.device.until(isEqual, PATIENCE_MS);
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
