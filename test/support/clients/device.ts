import type { z } from "zod";
import { ConversationList } from "../../../src/surfaces/v1/conversations/conversations.ts";
import { MessagePage } from "../../../src/surfaces/v1/messages/messages.ts";
import { call } from "./api.ts";
import { type DisplayedConversation, displayedMessage, type Mode } from "./displayed.ts";
import { type Answer, type Draft, ModelClient } from "./model-client.ts";
import { acceptSocket, DEVICE_PATH, roomPath, type TestSocket, upgrade } from "./socket.ts";

/** A correct client pings after this many received characters, as a sign that it still reads. */
const PING_EACH = 1024 * 1024;

interface DeviceOptions {
  /** it pings as a correct client does */
  pings?: boolean;
  /** its first frame reaches the server in time: it accepts no repeat of the conversations that this syncs */
  isPrompt?: boolean;
  /** the conversations in one frame of its syncs */
  pointsPerFrame?: number;
  /** what it shows; as a rule the main stream and all changes */
  mode?: Mode;
  /** its sockets are of this conversation, of which its user is a member all the time */
  room?: number | undefined;
}

/**
 * A correct client on device sockets, or on those of one room: it connects, disconnects, and resumes at its
 * position. Frames that arrive between two looks at the client are processed at the next look.
 */
export class Device {
  readonly userId: number;
  readonly name: string;
  readonly #token: string;
  readonly #client: ModelClient;
  readonly #pings: boolean;
  readonly mode: Mode;
  readonly room: number | undefined;
  #socket: TestSocket | undefined;
  #taken = 0;
  /** of loads after a reset */
  readonly #failures: unknown[] = [];
  /** the received characters at the last ping */
  #pingedAt = 0;
  #isWanted = false;
  #coming: Promise<unknown> = Promise.resolve();
  /** how many sockets it has had */
  sockets = 0;

  /** @param nth the number of the device, for messages of failures */
  constructor(
    { token, user }: { token: string; user: { id: number } },
    nth = 0,
    {
      pings = true,
      isPrompt,
      pointsPerFrame,
      room,
      mode = { threads: false, changes: true },
    }: DeviceOptions = {},
  ) {
    this.room = room;
    this.#pings = pings;
    this.mode = mode;
    this.userId = user.id;
    this.#token = token;
    this.name = `device ${nth} of ${user.id}${room === undefined ? "" : ` in ${room}`}`;
    const sendFrame = (frame: unknown) => this.#socket?.send(frame);
    const reload = (id: number) => {
      this.#reload(id).catch((error: unknown) => {
        this.#failures.push(error);
        this.#socket?.look();
      });
    };
    this.#client = new ModelClient(this.name, user.id, sendFrame, { isPrompt, pointsPerFrame, mode, reload });
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  /** Drafts sent and not yet answered, in order. */
  get pending(): Draft[] {
    return this.#client.pending;
  }

  get answers(): Answer[] {
    return this.#client.answers;
  }

  /** Whether its sockets are of a conversation. */
  covers(conversationId: number): boolean {
    return this.room === undefined || this.room === conversationId;
  }

  /** The conversation as this device shows it. */
  displayed(conversationId: number): DisplayedConversation {
    return this.#client.displayed(conversationId);
  }

  /**
   * Connects and resumes at its position. Resolves once it has seen what it missed, or was cut off.
   * @param eager repeats its unanswered drafts before it syncs
   */
  connect({ eager = false } = {}): Promise<void> {
    this.#isWanted = true;
    const coming = this.#coming.then(() => this.#come(eager));
    this.#coming = coming.catch(() => undefined);
    return coming;
  }

  async #come(eager: boolean): Promise<void> {
    if (this.#socket || !this.#isWanted) return;
    const socket = acceptSocket(await upgrade(this.#path, this.#token));
    if (!this.#isWanted) {
      socket.close();
      return;
    }
    this.sockets++;
    this.#socket = socket;
    this.#taken = 0;
    this.#pingedAt = 0;
    this.#client.begin(this.room);
    await this.until(() => socket.of("ready").length > 0);
    if (eager) this.#client.repeat(true);
    if (this.room === undefined) {
      this.#client.sync();
      const listed = await this.#listed();
      if (socket !== this.#socket) return;
      this.#take();
      this.#client.list(listed);
    }
    await this.until(() => this.#client.isUpToDate);
    if (socket === this.#socket && !eager) this.#client.repeat(false);
  }

  get #path(): string {
    const { threads, changes } = this.mode;
    const query = [...(threads ? ["threads=all"] : []), ...(changes ? [] : ["changes=0"])];
    if (this.room !== undefined) {
      const { lastSeq, rev } = this.displayed(this.room);
      query.push(`after=${lastSeq}&rev=${rev}`);
    }
    const path = this.room === undefined ? DEVICE_PATH : roomPath(this.room);
    return query.length === 0 ? path : `${path}?${query.join("&")}`;
  }

  /** Disconnects at once. Frames that have not arrived by now are lost to it. */
  disconnect(): void {
    this.#isWanted = false;
    this.#take();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Sends drafts, or keeps them until it is connected. @param together packs them into frames of several */
  sendDrafts(drafts: Draft[], together = false): void {
    this.#client.say(drafts, { together, isHere: this.isConnected });
  }

  /** Moves the read position; ignored while disconnected. */
  read(conversationId: number, seq: number): void {
    this.#socket?.send({ type: "read", conversation_id: conversationId, seq });
  }

  /** @see ModelClient.rejoined */
  rejoined(conversationId: number): void {
    this.#client.rejoined(conversationId);
  }

  /** Says which conversation it shows over a room socket; ignored while disconnected. */
  focus(conversationId: number | null): void {
    if (this.isConnected) this.#client.focus(conversationId);
  }

  /** Syncs a conversation that it left to a room socket. */
  look(conversationId: number): void {
    this.#client.look(conversationId);
  }

  /** Whether it leaves a conversation to a room socket. */
  withholds(conversationId: number): boolean {
    return this.#client.withholds(conversationId);
  }

  typing(conversationId: number): void {
    this.#socket?.send({ type: "typing", conversation_id: conversationId });
  }

  /**
   * Resolves once `holds` is true, checked after every frame, or once the socket is closed or the time is
   * over.
   * @param withinMs the time limit, in ms
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

  /** Its user is back in a conversation: it drops what it showed, and loads what they see. */
  async beginAnew(conversationId: number): Promise<void> {
    this.displayed(conversationId).drop(Number.MAX_SAFE_INTEGER);
    await this.#reload(conversationId);
  }

  /** Loads a conversation anew, as after a reset, and looks again at what it waits for. */
  async #reload(conversationId: number): Promise<void> {
    const messages: z.infer<typeof MessagePage>["items"] = [];
    const { resets } = this.displayed(conversationId);
    for (let more = true; more; ) {
      const query = `limit=100&after=${messages.at(-1)?.seq ?? 0}${this.mode.threads ? "&threads=all" : ""}`;
      const path = `/v1/conversations/${conversationId}/messages?${query}`;
      const { status, body } = await call("GET", path, { token: this.#token });
      // The user has left meanwhile.
      if (status === 404) break;
      const page = MessagePage.parse(body);
      messages.push(...page.items);
      more = page.has_more;
    }
    this.#take();
    this.displayed(conversationId).load(messages.map(displayedMessage), resets);
    this.#socket?.look();
  }

  /** The ids of the conversations in its user's list and archive. */
  async #listed(): Promise<number[]> {
    const ids = new Set<number>();
    // What leaves one of them meanwhile is in the other, before or after.
    for (const archived of [true, false, true]) for (const id of await this.#idsOf(archived)) ids.add(id);
    return [...ids];
  }

  async #idsOf(archived: boolean): Promise<number[]> {
    const ids: number[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const path: string = `/v1/conversations?limit=100&archived=${archived}${cursor && `&cursor=${cursor}`}`;
      const { body } = await call("GET", path, { token: this.#token });
      const page = ConversationList.parse(body);
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    return ids;
  }

  #take(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
    const frames = this.#socket?.frames ?? [];
    while (this.#taken < frames.length) {
      const frame = frames[this.#taken++];
      // A room socket need not say of which conversation it speaks.
      if (frame)
        this.#client.take(this.room === undefined ? frame : { conversation_id: this.room, ...frame });
    }
    const received = this.#socket?.received ?? 0;
    if (!this.#pings || received - this.#pingedAt < PING_EACH) return;
    this.#pingedAt = received;
    this.#socket?.send("ping");
  }
}
