import { CoreError } from "../../domain/errors.ts";
import type { ConversationId, SessionId } from "../../domain/ids.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { Settings } from "../../domain/settings.ts";
import type { DeviceCommand, DeviceEvent, KickReason, SyncPoint } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { Backlog } from "../../object/backlog.ts";
import { Semaphore } from "../../object/concurrency.ts";
import { withDeadline } from "../../object/deadline.ts";
import { readFrame } from "../../object/frame-reader.ts";
import { CLOSE, type Identity } from "../../object/hibernating-socket.ts";
import { attempt, TOO_MUCH } from "./call-errors.ts";
import type { DeviceCursors } from "./device-cursors.ts";
import type { DeviceFeed } from "./device-feed.ts";
import { DeviceSendQueue } from "./device-sends.ts";
import { DeviceSocket, type Protocols } from "./device-socket.ts";

/** More sockets are not open at once; each is told of everything. */
const MAX_SOCKETS = 100;
/** So many sends, and other calls, wait for answers: what one socket may ask at the most in its window. */
const MAX_PENDING = 3_000;
/** So many conversations are asked at once for what sockets missed: a page may be of some MiB. */
const MAX_CONCURRENT_SYNCS = 16;
/** So many syncs wait: those of a hundred devices that come back at once. */
const MAX_SYNCS = 10_000;
const UNKNOWN_CONVERSATION: ReadonlySet<ConversationId> = new Set();

/** What the sockets need from outside. */
export interface DeviceSocketsDeps {
  protocols: Protocols;
  settings: Pick<Settings, "rateLimits">;
  conversations: Conversations;
  timing: Pick<Timing, "deviceFeed" | "frameRate" | "typing">;
}

/** The sockets of a user's devices: opens and closes them, and takes their frames to the conversations. */
export class DeviceSockets {
  readonly #ctx: DurableObjectState;
  readonly #deps: DeviceSocketsDeps;
  readonly #cursors: DeviceCursors;
  readonly #sockets = new Map<WebSocket, DeviceSocket>();
  readonly #typedAt = new Map<ConversationId, number>();
  /** what was asked of conversations and has no answer yet */
  readonly #backlog = new Backlog(MAX_PENDING);
  readonly #sends = new DeviceSendQueue(this.#backlog);
  readonly #syncSemaphore = new Semaphore(MAX_CONCURRENT_SYNCS);
  /** syncs that wait for a lane */
  #syncs = 0;

  /** Takes in those that were kept over hibernation. */
  constructor(ctx: DurableObjectState, deps: DeviceSocketsDeps, cursors: DeviceCursors) {
    this.#ctx = ctx;
    this.#deps = deps;
    this.#cursors = cursors;
    for (const ws of ctx.getWebSockets()) {
      const socket = DeviceSocket.restore(ctx, ws, deps.protocols);
      // One that waited for an answer will get none.
      if (socket && !socket.isBusy) this.#sockets.set(ws, socket);
      else ws.close(...CLOSE.fault);
    }
    cursors.keep(new Set(this.open().map(({ id }) => id)));
  }

  /** Those that are open. */
  open(): DeviceSocket[] {
    return [...this.#sockets.values()].filter(({ isClosing }) => !isClosing);
  }

  /** Refuses more sockets than anybody has devices. @param opening how many are just being opened @throws `rate_limited` */
  requireCapacity(opening: number): void {
    if (this.open().length + opening < MAX_SOCKETS) return;
    const detail = `You have ${MAX_SOCKETS} sockets of devices open. Close one, or end a session.`;
    throw new CoreError("rate_limited", detail, { retryAfter: this.#deps.timing.deviceFeed.fullRetryAfterS });
  }

  /** Takes a socket in. */
  accept(ws: WebSocket, identity: Identity & { protocol: string }, deviceFeed: DeviceFeed): void {
    const socket = DeviceSocket.accept(this.#ctx, ws, identity, this.#deps.protocols);
    if (!socket) throw new Error(`no protocol ${identity.protocol} is registered`);
    this.#sockets.set(ws, socket);
    const { userId, sessionId } = identity;
    socket.sendEvent({ type: "ready", userId, sessionId });
    if (!socket.isNew) return;
    setTimeout(() => {
      if (socket.isNew) void this.#release(socket, deviceFeed, UNKNOWN_CONVERSATION);
    }, this.#deps.timing.deviceFeed.holdMs);
  }

  /** Goes on with those that were new when an eviction came. */
  resume(deviceFeed: DeviceFeed): void {
    for (const socket of this.open()) void this.#release(socket, deviceFeed, UNKNOWN_CONVERSATION);
  }

  /** A socket is new no more: it gets what waited for it, but of conversations that it syncs. */
  async #release(
    socket: DeviceSocket,
    deviceFeed: DeviceFeed,
    synced: ReadonlySet<ConversationId>,
  ): Promise<void> {
    socket.isNew = false;
    try {
      await deviceFeed.release(socket, synced);
    } catch (error) {
      // It would miss something: it comes again, and syncs.
      log("warn", "device_not_released", errorFields(error));
      socket.close(CLOSE.fault);
    }
  }

  /** A socket has closed. */
  closed(ws: WebSocket): void {
    const socket = this.#sockets.get(ws);
    this.#sockets.delete(ws);
    if (!socket) return;
    // What it asked may be under way: of that nothing is noted any more.
    socket.markClosed();
    this.#cursors.forget(socket.id);
  }

  /** Tells all of them. */
  broadcast(event: DeviceEvent): void {
    for (const socket of this.open()) socket.sendEvent(event);
  }

  /** Closes those for which `concerns` holds, telling why. */
  kick(concerns: (socket: DeviceSocket) => boolean, reason: KickReason): void {
    for (const socket of this.open()) {
      if (!concerns(socket)) continue;
      socket.sendEvent({ type: "kicked", reason });
      socket.close(CLOSE.kicked);
    }
  }

  /** Closes all of them, since nobody knows what they missed: their clients come back and sync. */
  fail(): void {
    for (const socket of this.open()) socket.close(CLOSE.fault);
  }

  /** Closes the sockets of a session that was ended. */
  kickSession(sessionId: SessionId): void {
    this.kick((socket) => socket.sessionId === sessionId, "session_ended");
  }

  /** Closes those whose tokens have expired. @param all those too which outlive them: their sessions may be ended */
  kickExpired(all: boolean): void {
    const now = Date.now();
    const concerns = ({ expiresAt, protocol }: DeviceSocket) =>
      expiresAt <= now && (all || !protocol.survivesTokenExpiry);
    this.kick(concerns, "token_expired");
  }

  /** When the next token expires that closes an open socket, in ms; null where there is none. */
  nextExpiry(): number | null {
    const all = this.open()
      .filter(({ protocol }) => !protocol.survivesTokenExpiry)
      .map(({ expiresAt }) => expiresAt);
    return all.length === 0 ? null : Math.min(...all);
  }

  /** One frame of a client. What is wrong with it is told to it; the socket stays open. */
  async frame(ws: WebSocket, data: string | ArrayBuffer, deviceFeed: DeviceFeed): Promise<void> {
    const socket = this.#sockets.get(ws);
    if (!socket) {
      ws.close(...CLOSE.fault);
      return;
    }
    if (socket.isClosing) return;
    socket.markAlive();
    const { decode, refused } = socket.protocol;
    const { settings, timing } = this.#deps;
    const { frameRate } = timing;
    const taken = readFrame({ decode, refuse: refused, frameRate, ...settings }, socket, data);
    if (!taken) return;
    const { command, granted } = taken;
    if (command.type === "leave") {
      await socket.answered();
      this.kick((one) => one === socket, "left");
      return;
    }
    if (socket.isNew) {
      const points = command.type === "sync" ? command.items.slice(0, granted) : [];
      void this.#release(socket, deviceFeed, new Set(points.map(({ conversationId }) => conversationId)));
    }
    await socket.during(() => this.#take(socket, command, granted, deviceFeed));
  }

  async #take(
    socket: DeviceSocket,
    command: Exclude<DeviceCommand, { type: "leave" }>,
    granted: number,
    deviceFeed: DeviceFeed,
  ): Promise<void> {
    if (command.type === "send") {
      await this.#sends.take(socket, command.items.slice(0, granted), deviceFeed);
      return;
    }
    socket.valid();
    switch (command.type) {
      case "read": {
        const { conversationId, seq } = command;
        await this.#enqueue(socket, conversationId, () => deviceFeed.read(socket, conversationId, seq));
        return;
      }
      case "typing":
        await this.#typing(socket, command.conversationId);
        return;
      case "sync":
        await this.#sync(socket, command.items.slice(0, granted), deviceFeed);
        return;
    }
  }

  async #typing(socket: DeviceSocket, id: ConversationId): Promise<void> {
    const { conversations, timing } = this.#deps;
    const now = Date.now();
    // In the order of time: behind the first that is new all are.
    for (const [other, at] of this.#typedAt) {
      if (now - at < timing.typing.intervalMs) break;
      this.#typedAt.delete(other);
    }
    if (this.#typedAt.has(id)) return;
    this.#typedAt.set(id, now);
    await this.#enqueue(socket, id, () =>
      withDeadline(conversations.typing(id, { userId: socket.userId }), timing.deviceFeed.typingTimeoutMs),
    );
  }

  /** Asks a conversation for something that is no send, if there is room to wait for the answer. */
  async #enqueue(socket: DeviceSocket, id: ConversationId, ask: () => Promise<unknown>): Promise<void> {
    if (!this.#backlog.take(1, 0)) {
      socket.refuse(TOO_MUCH, { conversationId: id });
      return;
    }
    await attempt(socket, id, ask);
    this.#backlog.release(1, 0);
  }

  /** Asks for what a socket missed; what all sockets miss is asked for a few conversations at a time. */
  async #sync(socket: DeviceSocket, points: SyncPoint[], deviceFeed: DeviceFeed): Promise<void> {
    const taken = points.slice(0, MAX_SYNCS - this.#syncs);
    for (const { conversationId } of points.slice(taken.length)) {
      socket.refuse(TOO_MUCH, { conversationId });
      deviceFeed.skipSync(socket, conversationId);
    }
    this.#syncs += taken.length;
    const ask = async (point: SyncPoint) => {
      this.#syncs--;
      if (!this.open().includes(socket)) return;
      await attempt(socket, point.conversationId, () => deviceFeed.sync(socket, point));
    };
    await Promise.all(taken.map((point) => this.#syncSemaphore.run(() => ask(point))));
  }
}
