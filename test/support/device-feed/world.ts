import { expect } from "vitest";
import type { MessageRow } from "../../../src/conversation/log/row.ts";
import type { Room } from "../../../src/conversation/room.ts";
import { CoreError } from "../../../src/domain/errors.ts";
import { ConversationCode, ConversationId, Position, Seq, SessionId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import type { Conversations, DeviceSendRequest, DeviceSendResult } from "../../../src/domain/ports.ts";
import type { DeliveredPosition, InboxUpdate } from "../../../src/domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../../src/domain/sync/replay.ts";
import type { DeviceEvent } from "../../../src/domain/sync/socket-protocol.ts";
import { DeviceCursors } from "../../../src/inbox/devices/device-cursors.ts";
import { DeviceFeed } from "../../../src/inbox/devices/device-feed.ts";
import { DeviceSockets } from "../../../src/inbox/devices/device-sockets.ts";
import { MessageContexts } from "../../../src/inbox/devices/message-contexts.ts";
import { ConversationList } from "../../../src/inbox/list/conversation-list.ts";
import { ListWriter } from "../../../src/inbox/list/list-writer.ts";
import { MIGRATIONS } from "../../../src/inbox/migrations.ts";
import { JOBS_TABLE } from "../../../src/object/jobs/alarm-jobs.ts";
import { UserBudgets } from "../../../src/object/user-budgets.ts";
import { MetricsInMemory } from "../../../src/storage/metrics/memory.ts";
import { deviceProtocol } from "../../../src/surfaces/v1/frames/device.ts";
import { type DisplayedMessage, UNCHANGED } from "../clients/displayed.ts";
import { nextTurn } from "../event-loop.ts";
import { conversationsWith } from "../objects/inbox-list.ts";
import { ANN, BOB, isolatedRoom } from "../objects/isolated-room.ts";
import { DEFAULT_PROFILE } from "../objects/profile.ts";
import { itemAt } from "../objects/room.ts";
import { timing } from "../timing.ts";
import { Client } from "./client.ts";
import type { Step } from "./steps.ts";

const LIMIT = 100_000;
const MAX_NOTE = 2_000;
const EXPIRES_AT = Number.MAX_SAFE_INTEGER;
/** Messages with this text count as large. */
const LARGE = " (large)";
const SESSION = SessionId.parse("00000000000000000000000000000000");
/** The last device speaks a wire format of its own, which differs by name alone. */
const FORMATS = { v1: deviceProtocol, other: { ...deviceProtocol, name: "other" } };
const FORMATS_OF_DEVICES = ["v1", "v1", "other"] as const;

/**
 * The delays: frames up and down, the opening of a socket, an inbox update and its answer, calls and their
 * answers, the list.
 */
export type Wait = "up" | "down" | "open" | "bump" | "told" | "call" | "answer" | "store" | "list";

/** Resolves at a time that the scheduler chooses. */
export type Pause = (what: Wait) => Promise<unknown>;

/** An event so large that no page has room after it. */
const CROWD: DeviceEvent = {
  type: "conversation",
  conversation: {
    ...DEFAULT_PROFILE,
    ...{ joinedAt: 0, owner: null, isCrowd: false },
    ...{ id: ConversationId.parse(1), kind: "group", name: "", avatar: "", announcement: "", createdAt: 0 },
    givenName: "",
    code: ConversationCode.parse("0".repeat(32)),
    ...{
      introduction: "x".repeat(600 * 1024),
      joinPolicy: "closed",
      policy: "group",
      ownerId: ANN,
      role: "member",
    },
    ...{
      lastSeq: Position.parse(0),
      visibleFrom: Position.parse(0),
      readSeq: Position.parse(0),
      readAt: 0,
      unreadCount: 0,
      memberCount: 2,
      updatedAt: 0,
    },
    ...{ threadsUnread: 0, ignoresUnread: false, unreadFrom: null, mentioned: [], peerRead: null },
    ...{ pinned: false, silent: false, mutedUntil: 0, validation: false, archived: false },
    ...{ lastMessage: null, disabled: false },
  },
};
const BOB_PERSON = { id: BOB, username: "", nickname: "", avatar: "" };
const NEVER = new Promise<never>(() => undefined);

/**
 * A conversation of Ann and Bob, and the device feed of Bob's inbox, in one object. All traffic between
 * conversation, inbox and devices is delayed.
 */
export class World {
  readonly #room: Room;
  readonly #state: DurableObjectState;
  readonly #pause: Pause;
  readonly #clients: Client[];
  #writer: ListWriter;
  #list: ConversationList;
  #sockets: DeviceSockets;
  #feed: DeviceFeed;
  #opening = 0;
  /** the delivered positions that the inbox returned, the newest last */
  readonly #answers: DeliveredPosition[] = [null];
  /** where the next call fails: before it does anything, or as it answers */
  #fails: "before" | "after" | null = null;
  #isCrowded = false;
  #texts = 0;
  /** how often the inbox has started; calls of an earlier start get no answer */
  #starts = 0;
  readonly #updates: InboxUpdate[] = [];
  /** Bob's devices must show the messages after this position */
  from = 0;
  readonly failures: unknown[] = [];
  /** the log of the story */
  readonly trace: string[] = [];

  constructor(state: DurableObjectState, pause: Pause) {
    this.#state = state;
    this.#pause = pause;
    this.#room = isolatedRoom(state.storage, undefined, FORMATS);
    const renderedBytes = ({ body }: MessageRow) => (body.includes(LARGE) ? 256 * 1024 : body.length);
    Object.assign(this.#room.log, { renderedBytes });
    // Adds the tables of an inbox to those of the conversation.
    for (const { sql } of MIGRATIONS) state.storage.sql.exec(sql.replace(JOBS_TABLE, ""));
    this.#clients = FORMATS_OF_DEVICES.map(
      (format, nth) => new Client(nth, format, this.#room.state.id, this),
    );
    Object.defineProperty(state, "acceptWebSocket", { configurable: true, value: () => undefined });
    Object.defineProperty(state, "getWebSockets", {
      configurable: true,
      value: () => this.#clients.flatMap(({ held }) => held),
    });
    [this.#writer, this.#list] = this.#openList();
    this.#list.applyUpdate(this.#room.snapshot(BOB));
    [this.#sockets, this.#feed] = this.#start();
  }

  #openList(): [ListWriter, ConversationList] {
    const { sql } = this.#state.storage;
    const hasDevices = () => this.#sockets?.open().length > 0;
    const writer = new ListWriter(sql, { hasDevices, timing: timing.list });
    return [writer, new ConversationList(sql, writer, LIMITS.crowdMembers)];
  }

  #start(): [DeviceSockets, DeviceFeed] {
    this.#starts++;
    this.#opening = 0;
    const cursors = new DeviceCursors(this.#state.storage.sql);
    const budgets = new UserBudgets(this.#state.storage.sql, { rateLimits: false }, timing.userBudgets);
    const deps = {
      protocols: FORMATS,
      settings: { rateLimits: false, maxChanges: 5_000, publicOrigin: null, formerOrigins: [] },
      conversations: this.#conversations(),
      metrics: new MetricsInMemory(),
      names: { find: () => undefined },
      timing,
    };
    const sockets = new DeviceSockets(this.#state, deps, cursors, budgets);
    const audience = {
      open: () => sockets.open(),
      isOpen: () => this.#opening > 0 || sockets.open().length > 0,
      isOpening: () => this.#opening > 0,
    };
    const known = { audience, list: this.#list, timing, userId: () => BOB };
    const contexts = new MessageContexts({ ...known, directory: { storedContext: async () => null } });
    const feed = new DeviceFeed({
      ...deps,
      ...known,
      cursors,
      budgets,
      contexts,
    });
    sockets.resume(feed);
    return [sockets, feed];
  }

  /** The newest position of the conversation. */
  get #place(): SyncPosition {
    return { seq: this.#room.log.last.seq, rev: this.#room.state.rev };
  }

  /** Logs an event, for readers of a failure. Messages are shortened to their seqs. */
  note(what: string, of: unknown): void {
    const short = (key: string, value: unknown) => {
      const isMessages = (key === "messages" || key === "items") && Array.isArray(value);
      return isMessages
        ? value.map(({ seq, ...fields }) => seq ?? fields)
        : key === "preview"
          ? undefined
          : value;
    };
    this.trace.push(`${what} ${JSON.stringify(of, short)}`.slice(0, MAX_NOTE));
  }

  /** Does `work` after a delay. An error fails the story. */
  later(what: Wait, work: () => unknown): void {
    void this.#pause(what)
      .then(work)
      .catch((error: unknown) => this.failures.push(error));
  }

  async step(step: Step): Promise<void> {
    this.note("step", { step, ...this.#place });
    switch (step.do) {
      case "say":
        for (let i = 0; i < step.count; i++) this.#say(step.byBob);
        return;
      case "send":
        this.#clients[step.device]?.say(
          Array.from({ length: step.count }, () => this.text()),
          step.together,
        );
        return;
      case "revoke":
        return this.#each(step, (seq) => this.#room.redaction.revoke(ANN, seq));
      case "hide":
        return this.#each(step, (seq) => this.#room.redaction.hide(BOB, seq));
      case "bump": {
        const old = this.#answers.at(-2) ?? null;
        const now = this.#place;
        await this.#deliver({ last: this.#answers.at(-1) ?? null, none: null, old, now }[step.hint]);
        return;
      }
      case "again": {
        const update = this.#updates.at(-1 - step.back);
        if (update) this.later("bump", () => this.#hand(update));
        return;
      }
      case "list": {
        const snapshot = this.#room.snapshot(BOB);
        this.later("list", () => this.#feed.storeSnapshot(snapshot));
        return;
      }
      case "come":
        this.#clients[step.device]?.come(step.eager);
        return;
      case "go":
        this.#clients[step.device]?.go();
        return;
      case "resync":
        this.#clients[step.device]?.resync(step);
        return;
      case "focus":
        this.#clients[step.device]?.focus(step.isOn);
        return;
      case "look":
        this.#clients[step.device]?.look();
        return;
      case "crowded":
        this.#isCrowded = step.isCrowded;
        return;
      case "fail":
        this.#fails = step.isDone ? "after" : "before";
        return;
      case "leave":
        if (this.#room.members.isActive(BOB)) this.#room.group.leave(BOB);
        return;
      case "join":
        if (!this.#room.members.isActive(ANN) || this.#room.members.isActive(BOB)) return;
        this.from = this.#room.log.last.seq;
        this.#room.joining.add(ANN, [BOB_PERSON]);
        for (const client of this.#clients) client.rejoined();
        return;
      case "dissolve":
        if (this.#room.members.isActive(ANN)) this.#room.group.dissolve(ANN);
        return;
      case "load":
        for (let i = 0; i < step.count; i++) this.#say(false, LARGE);
        return;
      case "crowd":
        this.later("list", () => this.#sockets.broadcast(CROWD));
        return;
      case "restart":
        // In a turn of its own, so that every pending promise waits for something outside.
        await nextTurn();
        // The object sleeps once the timer of its list has stored everything.
        this.#writer.store();
        this.#writer.stop();
        [this.#writer, this.#list] = this.#openList();
        [this.#sockets, this.#feed] = this.#start();
        return;
    }
  }

  /** Delivers until the inbox has confirmed the newest position. No device focuses any more. */
  async deliverAll(): Promise<void> {
    this.#fails = null;
    this.#isCrowded = false;
    for (const client of this.#clients) {
      client.focus(false);
      client.look();
    }
    await this.#deliver(this.#answers.at(-1) ?? null);
  }

  /** Removes jobs and alarm, so that nothing runs after the story. */
  async end(): Promise<void> {
    this.#state.storage.sql.exec("DELETE FROM jobs");
    await this.#state.storage.deleteAlarm();
  }

  /** Asserts that Bob's devices show exactly what Bob may see. */
  check(): void {
    const [failure] = this.failures;
    if (failure) throw failure;
    const rows = "SELECT socket_id FROM device_cursors WHERE state != 0";
    expect(this.#state.storage.sql.exec(rows).toArray(), "nobody is in the midst of a replay").toEqual([]);
    if (!this.#room.members.isActive(BOB)) return;
    const expected = this.#view();
    for (const client of this.#clients) if (client.isHere) client.check(expected);
  }

  #view(): DisplayedMessage[] {
    const member = this.#room.members.active(BOB);
    const rows: MessageRow[] = [];
    for (let hasMore = true; hasMore; ) {
      const page = this.#room.log.after(rows.at(-1)?.seq ?? this.from, LIMIT, member, "all");
      rows.push(...page.rows);
      hasMore = page.hasMore;
    }
    return this.#room.renderer
      .render(rows, member)
      .map(({ seq, sender, kind, body, revoked, createdAt, rev }) => ({
        ...{ seq, senderId: sender.id, kind, body: JSON.parse(body), revoked, createdAt, thread: null },
        changes: { ...UNCHANGED, rev },
      }));
  }

  text(): string {
    return String(++this.#texts);
  }

  #say(byBob: boolean, more = ""): void {
    if (!this.#room.members.isActive(byBob ? BOB : ANN)) return;
    const text = this.text() + more;
    const draft: Draft = {
      ...{ clientMsgId: `http ${this.#texts}`, kind: "text", body: JSON.stringify({ text }) },
      ...{ quoteSeq: undefined, mentions: [] },
    };
    this.#room.sends.submit(byBob ? BOB : ANN, [draft], { resolve: () => undefined });
    this.#room.flushSends();
  }

  async #each(
    { back, count }: { back: number; count: number },
    work: (seq: Seq) => Promise<void>,
  ): Promise<void> {
    const last = this.#room.log.last.seq;
    for (let seq = Math.max(1, last - back); seq <= Math.min(last, last - back + count); seq++) {
      // Messages that Bob cannot see, and system messages, refuse the change.
      await work(Seq.parse(seq)).catch((error: unknown) => {
        if (!(error instanceof CoreError)) throw error;
      });
    }
  }

  /** Makes an inbox update now; it arrives later. */
  async #deliver(delivered: DeliveredPosition): Promise<void> {
    const { update } = await this.#store({ userId: BOB, drafts: [], delivered });
    if (!update) return;
    this.#updates.push(structuredClone(update));
    this.later("bump", () => this.#hand(update));
  }

  async #hand(update: InboxUpdate): Promise<void> {
    this.note("bump", update);
    try {
      const delivered = await this.#feed.take(structuredClone(update));
      await this.#pause("told");
      this.#answers.push(delivered);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
    }
  }

  /** A device opens a socket. */
  async open(ws: WebSocket, protocol: string): Promise<void> {
    const start = this.#starts;
    this.#opening++;
    try {
      if (this.#opening === 1 && this.#sockets.open().length === 0) this.#list.beginEpoch();
      await this.#pause("open");
      if (start !== this.#starts) return;
      const identity = {
        userId: BOB,
        sessionId: SESSION,
        expiresAt: EXPIRES_AT,
        origin: "",
        dueReminders: 0,
      };
      this.#sockets.accept(ws, { ...identity, protocol }, this.#feed);
    } finally {
      if (start === this.#starts) this.#opening--;
    }
  }

  frame(ws: WebSocket, data: string): Promise<void> {
    this.note("to the server", JSON.parse(data));
    return this.#sockets.frame(ws, data, this.#feed, {
      renew: () => Promise.reject(new Error("no socket is renewed")),
      gateway: () => undefined,
    });
  }

  closed(ws: WebSocket): void {
    this.#sockets.closed(ws);
  }

  get isListed(): boolean {
    return this.#list.page({ limit: 1 }).length > 0;
  }

  /** The conversations as this start of the inbox calls them. */
  #conversations(): Conversations {
    const { deviceCalls } = this.#room;
    const start = this.#starts;
    return conversationsWith({
      replay: (_, input) => this.#call(start, () => deviceCalls.replay(input)),
      snapshot: () =>
        this.#call(start, () => ({
          ...{ update: this.#room.snapshot(BOB), isDelivered: false, isSent: false },
        })),
      sendFromDevice: async (_, input, take) => {
        const result = await this.#call(start, () => this.#sends(input));
        if (!input.takesAnswer) {
          await take(result);
          return null;
        }
        // The conversation assumes that the answer is taken, and goes on from there.
        if (result.update) this.#answers.push({ seq: result.update.lastSeq, rev: result.update.rev });
        return result;
      },
      ...{ pushConversation: async () => undefined, typing: async () => undefined },
    });
  }

  /** A call to the conversation, delayed as its answer is. What a crash left of an inbox calls nobody. */
  async #call<T>(start: number, work: () => T | Promise<T>): Promise<T> {
    if (start !== this.#starts) await NEVER;
    try {
      await this.#pause("call");
      this.#failIf("before");
      const answer = structuredClone(await work());
      this.note("answer", answer);
      this.#failIf("after");
      return answer;
    } finally {
      await this.#pause("answer");
      if (start !== this.#starts) await NEVER;
    }
  }

  #failIf(when: "before" | "after"): void {
    if (this.#fails !== when) return;
    this.#fails = null;
    throw new CoreError("unavailable", `It fails on purpose, ${when} it was done.`);
  }

  /** Drafts after a forward are stored later than those before it, as the forward waits for its original. */
  async #sends({ userId, drafts, delivered }: DeviceSendRequest) {
    const middle = Math.ceil(drafts.length / 2);
    const first = await this.#store({ userId, drafts: drafts.slice(0, middle), delivered: null });
    await this.#pause("store");
    const second = await this.#store({ userId, drafts: drafts.slice(middle), delivered });
    return { outcomes: [...first.outcomes, ...second.outcomes], update: second.update };
  }

  async #store(input: DeviceSendRequest): Promise<DeviceSendResult> {
    const results: DeviceSendResult[] = [];
    const sent = this.#room.deviceCalls.sends(input, async (result) => {
      results.push(result);
      return null;
    });
    this.#room.flushSends();
    await sent;
    const result = itemAt(results, 0);
    if (!this.#isCrowded || !result.update) return result;
    const { page: _, packedPage: __, ...update } = result.update;
    return { ...result, update: { ...update, onDemand: true } };
  }
}
