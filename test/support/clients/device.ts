import { ConversationList } from "../../../src/surfaces/v1/schemas/conversations.ts";
import { call } from "./api.ts";
import type { DisplayedConversation } from "./displayed.ts";
import { type Answer, type Draft, ModelClient } from "./model-client.ts";
import { accepted, DEVICE_PATH, type TestSocket, upgrade } from "./socket.ts";

/** After so many characters a right client pings, as it still reads. */
const PING_EACH = 1024 * 1024;

/**
 * A right client on devices' sockets: it comes, goes, and goes on from where it was. What is told to it while nobody
 * waits is taken when somebody looks.
 */
export class Device {
  readonly userId: number;
  readonly name: string;
  readonly #token: string;
  readonly #client: ModelClient;
  readonly #pings: boolean;
  #socket: TestSocket | undefined;
  #taken = 0;
  /** what it had received when it pinged last */
  #pingedAt = 0;
  #isWanted = false;
  #coming: Promise<unknown> = Promise.resolve();
  /** how many sockets it has had */
  sockets = 0;

  /** @param pings it pings as often as it should */
  constructor({ token, user }: { token: string; user: { id: number } }, nth = 0, { pings = true } = {}) {
    this.#pings = pings;
    this.userId = user.id;
    this.#token = token;
    this.name = `device ${nth} of ${user.id}`;
    this.#client = new ModelClient(this.name, user.id, (frame) => this.#socket?.send(frame));
  }

  get isHere(): boolean {
    return this.#socket !== undefined;
  }

  /** Said and not answered, in order. */
  get pending(): Draft[] {
    return this.#client.pending;
  }

  get answers(): Answer[] {
    return this.#client.answers;
  }

  /** What it shows of a conversation. */
  displayed(conversationId: number): DisplayedConversation {
    return this.#client.displayed(conversationId);
  }

  /**
   * Comes back from where it was. It has seen what it missed when this resolves, unless it is cut off before.
   * @param eager says what it has to say before it asks for what it missed
   */
  come({ eager = false } = {}): Promise<void> {
    this.#isWanted = true;
    const coming = this.#coming.then(() => this.#come(eager));
    this.#coming = coming.catch(() => undefined);
    return coming;
  }

  async #come(eager: boolean): Promise<void> {
    if (this.#socket || !this.#isWanted) return;
    const socket = accepted(await upgrade(DEVICE_PATH, this.#token));
    if (!this.#isWanted) {
      socket.close();
      return;
    }
    this.sockets++;
    this.#socket = socket;
    this.#taken = 0;
    this.#pingedAt = 0;
    this.#client.begin();
    await this.until(() => socket.of("ready").length > 0);
    if (eager) this.#client.repeat(true);
    this.#client.sync();
    const listed = await this.#listed();
    if (socket !== this.#socket) return;
    this.#take();
    this.#client.list(listed);
    await this.until(() => this.#client.isUpToDate);
    if (socket === this.#socket && !eager) this.#client.repeat(false);
  }

  /** Goes without waiting for anything; what has not come by now it never sees. */
  leave(): void {
    this.#isWanted = false;
    this.#take();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Says something, or keeps it until it is back. @param together in one frame, as far as one holds them */
  say(drafts: Draft[], together = false): void {
    this.#client.say(drafts, { together, isHere: this.isHere });
  }

  /** Reads; nothing while it is away. */
  read(conversationId: number, seq: number): void {
    this.#socket?.send({ type: "read", conversation_id: conversationId, seq });
  }

  typing(conversationId: number): void {
    this.#socket?.send({ type: "typing", conversation_id: conversationId });
  }

  /**
   * Resolves once `holds`, looked at after every frame, is true; or once it has no socket any more, or the
   * time is over.
   * @returns whether it holds
   */
  async until(holds: () => boolean, withinMs?: number): Promise<boolean> {
    const socket = this.#socket;
    if (!socket) return holds();
    const wait = { isOver: false, holds: false };
    const look = () => {
      if (wait.isOver || socket !== this.#socket) return true;
      this.#take();
      wait.holds = holds();
      return wait.holds || !socket.isOpen;
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      if (withinMs !== undefined) timer = setTimeout(resolve, withinMs);
    });
    try {
      await Promise.race([socket.until(look), late]);
    } finally {
      wait.isOver = true;
      clearTimeout(timer);
    }
    if (!socket.isOpen && socket === this.#socket) this.#socket = undefined;
    return wait.holds;
  }

  /** The conversations in its user's list. */
  async #listed(): Promise<number[]> {
    const ids: number[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const path: string = `/v1/conversations?limit=100${cursor && `&cursor=${cursor}`}`;
      const { body } = await call("GET", path, { token: this.#token });
      const page = ConversationList.parse(body);
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    return ids;
  }

  #take(): void {
    const frames = this.#socket?.frames ?? [];
    while (this.#taken < frames.length) {
      const frame = frames[this.#taken++];
      if (frame) this.#client.take(frame);
    }
    const received = this.#socket?.received ?? 0;
    if (!this.#pings || received - this.#pingedAt < PING_EACH) return;
    this.#pingedAt = received;
    this.#socket?.send("ping");
  }
}
