import { expect } from "vitest";
import type { MessageRow } from "../../../src/conversation/log/row.ts";
import type { Room } from "../../../src/conversation/room.ts";
import { CoreError } from "../../../src/domain/errors.ts";
import { ConversationCode, ConversationId, Position, Seq, SessionId } from "../../../src/domain/ids.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import type { Conversations, DeviceSendRequest } from "../../../src/domain/ports.ts";
import type { DeliveredPosition, InboxUpdate } from "../../../src/domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../../src/domain/sync/replay.ts";
import type { DeviceEvent } from "../../../src/domain/sync/socket-protocol.ts";
import { DeviceCursors } from "../../../src/inbox/devices/device-cursors.ts";
import { DeviceFeed } from "../../../src/inbox/devices/device-feed.ts";
import { DeviceSockets } from "../../../src/inbox/devices/device-sockets.ts";
import { MessageContexts } from "../../../src/inbox/devices/message-contexts.ts";
import { ConversationList } from "../../../src/inbox/list/conversation-list.ts";
import { MIGRATIONS } from "../../../src/inbox/migrations.ts";
import { JOBS_TABLE } from "../../../src/object/alarm-jobs.ts";
import { deviceProtocol } from "../../../src/surfaces/v1/frames/device.ts";
import type { Shown } from "../clients/displayed.ts";
import { ANN, BOB, isolatedRoom } from "../objects/isolated-room.ts";
import { PLAIN } from "../objects/profile.ts";
import { timing } from "../timing.ts";
import { Client } from "./client.ts";
import type { Step } from "./steps.ts";

const LIMIT = 100_000;
const MAX_NOTE = 2_000;
const EXPIRES_AT = Number.MAX_SAFE_INTEGER;
/** Messages that say so are taken for large ones. */
const LARGE = " (large)";
const SESSION = SessionId.parse("00000000000000000000000000000000");

/** What takes its time: frames up and down, a socket's opening, a bump and its answer, calls and theirs, the list. */
export type Wait = "up" | "down" | "open" | "bump" | "told" | "call" | "answer" | "store" | "list";

/** Has whoever waits go on at a time of its own choice. */
export type Pause = (what: Wait) => Promise<unknown>;

/** What no page has room behind. */
const CROWD: DeviceEvent = {
  type: "conversation",
  conversation: {
    ...PLAIN,
    ...{ joinedAt: 0, owner: null },
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
      readSeq: Position.parse(0),
      readAt: 0,
      unreadCount: 0,
      memberCount: 2,
      updatedAt: 0,
    },
    ...{ ignoresUnread: false, mentioned: [], peerRead: null },
    ...{ pinned: false, silent: false, validation: false, lastMessage: null, disabled: false },
  },
};
const BOBS = { id: BOB, username: "", nickname: "", avatar: "" };
const NEVER = new Promise<never>(() => undefined);

/**
 * A conversation of Ann and Bob and the part of Bob's inbox that tells his devices, in one object. Between them, and
 * between the inbox and the devices, everything takes its time.
 */
export class World {
  readonly #room: Room;
  readonly #state: DurableObjectState;
  readonly #pause: Pause;
  readonly #clients: Client[];
  readonly #list: ConversationList;
  #sockets: DeviceSockets;
  #feed: DeviceFeed;
  #opening = 0;
  /** what the fan-out was answered last, and before */
  readonly #answers: DeliveredPosition[] = [null];
  /** when the next call fails: before it does anything, or as it answers */
  #fails: "before" | "after" | null = null;
  #texts = 0;
  /** how often the inbox has started: what an earlier one has asked gets no answer */
  #starts = 0;
  readonly #bumps: InboxUpdate[] = [];
  /** his devices are to show what came behind this */
  from = 0;
  readonly failures: unknown[] = [];
  /** what has happened */
  readonly trace: string[] = [];

  constructor(state: DurableObjectState, pause: Pause) {
    this.#state = state;
    this.#pause = pause;
    this.#room = isolatedRoom(state.storage);
    const weigh = ({ body }: MessageRow) => (body.includes(LARGE) ? 256 * 1024 : body.length);
    Object.defineProperty(this.#room.log, "weigh", { value: weigh });
    // The tables of an inbox beside those of a conversation.
    for (const { sql } of MIGRATIONS) state.storage.sql.exec(sql.replace(JOBS_TABLE, ""));
    this.#clients = [0, 1, 2].map((nth) => new Client(nth, this.#room.state.id, this));
    Object.defineProperty(state, "acceptWebSocket", { configurable: true, value: () => undefined });
    Object.defineProperty(state, "getWebSockets", {
      configurable: true,
      value: () => this.#clients.flatMap(({ held }) => held),
    });
    this.#list = new ConversationList(state.storage.sql);
    this.#list.applyUpdate(this.#room.snapshot(BOB));
    [this.#sockets, this.#feed] = this.#start();
  }

  #start(): [DeviceSockets, DeviceFeed] {
    this.#starts++;
    this.#opening = 0;
    const cursors = new DeviceCursors(this.#state.storage.sql);
    const protocols = { v1: deviceProtocol };
    const deps = { protocols, settings: { rateLimits: false }, conversations: this.#conversations(), timing };
    const sockets = new DeviceSockets(this.#state, deps, cursors);
    const audience = {
      open: () => sockets.open(),
      isOpen: () => this.#opening > 0 || sockets.open().length > 0,
    };
    const known = { audience, list: this.#list, timing, userId: () => BOB };
    const scenes = new MessageContexts({ ...known, directory: { storedContext: async () => null } });
    const feed = new DeviceFeed({ ...deps, ...known, cursors, contexts: scenes });
    sockets.resume(feed);
    return [sockets, feed];
  }

  /** Up to where there is something. */
  get #place(): SyncPosition {
    return { seq: this.#room.log.last.seq, rev: this.#room.state.rev };
  }

  /** Notes what happens, for whoever has to understand a failure. Of messages their seqs are enough. */
  note(what: string, of: unknown): void {
    const short = (key: string, value: unknown) => {
      const isMessages = (key === "messages" || key === "items") && Array.isArray(value);
      return isMessages
        ? value.map(({ seq, ...rest }) => seq ?? rest)
        : key === "preview"
          ? undefined
          : value;
    };
    this.trace.push(`${what} ${JSON.stringify(of, short)}`.slice(0, MAX_NOTE));
  }

  /** Does this at some time; what goes wrong fails the story. */
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
        await this.#bump({ last: this.#answers.at(-1) ?? null, none: null, old, now }[step.hint]);
        return;
      }
      case "again": {
        const bump = this.#bumps.at(-1 - step.back);
        if (bump) this.later("bump", () => this.#hand(bump));
        return;
      }
      case "list": {
        const snapshot = this.#room.snapshot(BOB);
        this.later("list", () => this.#feed.applySubscription(snapshot));
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
      case "fail":
        this.#fails = step.isDone ? "after" : "before";
        return;
      case "leave":
        if (this.#room.members.isActive(BOB)) this.#room.group.leave(BOB);
        return;
      case "join":
        if (!this.#room.members.isActive(ANN) || this.#room.members.isActive(BOB)) return;
        this.from = this.#room.log.last.seq;
        this.#room.joining.add(ANN, [BOBS]);
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
        // In a turn of its own, so that all that waits waits for something outside.
        await new Promise((resolve) => setTimeout(resolve, 0));
        [this.#sockets, this.#feed] = this.#start();
        return;
    }
  }

  /** The fan-out goes on until the inbox has answered that the newest is known. */
  async tellAll(): Promise<void> {
    this.#fails = null;
    await this.#bump(this.#answers.at(-1) ?? null);
  }

  /** Nothing goes on of itself. */
  async end(): Promise<void> {
    this.#state.storage.sql.exec("DELETE FROM jobs");
    await this.#state.storage.deleteAlarm();
  }

  /** Everything that Bob has to see is what his devices show. */
  check(): void {
    const [failure] = this.failures;
    if (failure) throw failure;
    const rows = "SELECT socket_id FROM device_cursors WHERE behind != 0";
    expect(this.#state.storage.sql.exec(rows).toArray(), "nobody is in the midst of a replay").toEqual([]);
    if (!this.#room.members.isActive(BOB)) return;
    const wanted = this.#view();
    for (const client of this.#clients) if (client.isHere) client.check(wanted);
  }

  #view(): Shown[] {
    const member = this.#room.members.active(BOB);
    const rows: MessageRow[] = [];
    for (let hasMore = true; hasMore; ) {
      const page = this.#room.log.after(rows.at(-1)?.seq ?? this.from, LIMIT, member);
      rows.push(...page.rows);
      hasMore = page.hasMore;
    }
    return this.#room.renderer
      .render(rows, member)
      .map(({ seq, sender, kind, body, revoked, createdAt }) => ({
        ...{ seq, senderId: sender.id, kind, body: JSON.parse(body), revoked, createdAt },
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
    this.#room.submit(byBob ? BOB : ANN, [draft], { resolve: () => undefined });
    this.#room.flushSends();
  }

  async #each(
    { back, count }: { back: number; count: number },
    work: (seq: Seq) => Promise<void>,
  ): Promise<void> {
    const last = this.#room.log.last.seq;
    for (let seq = Math.max(1, last - back); seq <= Math.min(last, last - back + count); seq++) {
      // What Bob cannot see, and tips, nobody takes away.
      await work(Seq.parse(seq)).catch((error: unknown) => {
        if (!(error instanceof CoreError)) throw error;
      });
    }
  }

  /** Makes a bump now; it arrives later. */
  async #bump(told: DeliveredPosition): Promise<void> {
    const { update: bump } = await this.#room.devices.sends({ userId: BOB, drafts: [], delivered: told });
    if (!bump) return;
    this.#bumps.push(structuredClone(bump));
    this.later("bump", () => this.#hand(bump));
  }

  async #hand(bump: InboxUpdate): Promise<void> {
    this.note("bump", bump);
    try {
      const told = await this.#feed.applyUpdate(structuredClone(bump));
      await this.#pause("told");
      this.#answers.push(told);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
    }
  }

  /** A device asks for a socket. */
  async open(ws: WebSocket): Promise<void> {
    const start = this.#starts;
    this.#opening++;
    try {
      if (this.#opening === 1 && this.#sockets.open().length === 0) this.#list.beginEpoch();
      await this.#pause("open");
      if (start !== this.#starts) return;
      const identity = { userId: BOB, sessionId: SESSION, expiresAt: EXPIRES_AT };
      this.#sockets.accept(ws, { ...identity, protocol: "v1" }, this.#feed);
    } finally {
      if (start === this.#starts) this.#opening--;
    }
  }

  frame(ws: WebSocket, data: string): Promise<void> {
    this.note("to the server", JSON.parse(data));
    return this.#sockets.frame(ws, data, this.#feed);
  }

  closed(ws: WebSocket): void {
    this.#sockets.closed(ws);
  }

  get isListed(): boolean {
    return this.#list.page(1, undefined).length > 0;
  }

  #conversations(): Conversations {
    const { devices } = this.#room;
    const never = () => Promise.reject(new Error("not asked here"));
    return {
      replay: (_, input) => this.#call(() => devices.replay(input)),
      subscribe: () => this.#call(() => this.#room.snapshot(BOB)),
      sendFromDevice: (_, input) => this.#call(() => this.#sends(input)),
      ...{ pushConversation: async () => undefined, typing: async () => undefined },
      ...{ kick: never, removeDeleted: never, read: never },
      ...{ snapshot: never, snapshotForRepair: never, openSessions: never },
    };
  }

  /** A call: it takes its time, and so does its answer. */
  async #call<T>(work: () => T | Promise<T>): Promise<T> {
    const start = this.#starts;
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

  /** What is behind a forward waits for it, and is stored later than what is before it. */
  async #sends({ userId, drafts, delivered: told }: DeviceSendRequest) {
    const middle = Math.ceil(drafts.length / 2);
    const first = await this.#store({ userId, drafts: drafts.slice(0, middle), delivered: null });
    await this.#pause("store");
    const rest = await this.#store({ userId, drafts: drafts.slice(middle), delivered: told });
    return { outcomes: [...first.outcomes, ...rest.outcomes], update: rest.update };
  }

  #store(input: DeviceSendRequest) {
    const sent = this.#room.devices.sends(input);
    this.#room.flushSends();
    return sent;
  }
}
