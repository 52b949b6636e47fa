import { CoreError } from "../../domain/errors.ts";
import type { FileSettings } from "../../domain/files/file-origins.ts";
import type { ConversationId, SessionId } from "../../domain/ids.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { Settings } from "../../domain/settings.ts";
import type { GatewayCommand } from "../../domain/sync/gateway.ts";
import {
  type DeviceCommand,
  type DeviceEvent,
  KICKED,
  type KickReason,
  type SyncPoint,
} from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { Backlog } from "../../object/backlog.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { Semaphore } from "../../object/concurrency.ts";
import { readFrame } from "../../object/frame-reader.ts";
import { CLOSE, type Identity } from "../../object/hibernating-socket.ts";
import type { UserBudgets } from "../../object/user-budgets.ts";
import { StreamPace } from "../bots/stream-pace.ts";
import type { DeviceCursors } from "./device-cursors.ts";
import type { DeviceFeed } from "./device-feed.ts";
import { DeviceSends } from "./device-sends.ts";
import {
  type DeviceOpening,
  DeviceSocket,
  failureOf,
  type Protocols,
  type SocketDeps,
  tooMuch,
} from "./device-socket.ts";

/** The most device sockets of a user; each gets every message. */
const MAX_SOCKETS = 100;
/**
 * The most sends and other calls that wait for answers: as many as the rate limit gives one socket in a
 * window.
 */
const MAX_PENDING = 3_000;
/** The most syncs that run at once: a page may have several MiB. */
const MAX_CONCURRENT_SYNCS = 16;
/** The most syncs that wait: enough for a hundred devices that reconnect at once. */
const MAX_SYNCS = 10_000;
const NO_CONVERSATIONS: ReadonlySet<ConversationId> = new Set();

/** What device sockets need from outside the inbox. */
export interface DeviceSocketsDeps {
  protocols: Protocols;
  settings: Pick<Settings, "rateLimits" | "maxChanges"> & FileSettings;
  conversations: Conversations;
  metrics: Metrics;
  timing: Pick<Timing, "assumedUpdates" | "deviceFeed" | "streams" | "typing">;
}

/** The commands of clients that other parts of the inbox carry out. */
interface OtherCommands {
  /** checks a newer token of a socket's client */
  renew(socket: DeviceSocket, token: string): Promise<void>;
  /** a frame of a gateway's client */
  gateway(socket: DeviceSocket, command: GatewayCommand): void;
}

/** The device sockets of a user: opens and closes them, and carries out the commands of their clients. */
export class DeviceSockets {
  readonly #ctx: DurableObjectState;
  readonly #deps: DeviceSocketsDeps & Pick<SocketDeps, "names">;
  readonly #cursors: DeviceCursors;
  readonly #budgets: UserBudgets;
  readonly #sockets = new Map<WebSocket, DeviceSocket>();
  /** the timers of new sockets: each keeps the object awake until it ends, or its socket sends a frame */
  readonly #holdTimers = new Map<DeviceSocket, ReturnType<typeof setTimeout>>();
  /** when typing was last passed on, by conversation (ms), in the order of time */
  readonly #typedAt = new Map<ConversationId, number>();
  /** counts the requests to conversations that have no answer yet */
  readonly #backlog = new Backlog(MAX_PENDING);
  readonly #sends: DeviceSends;
  readonly #streams: StreamPace;
  readonly #syncSemaphore = new Semaphore(MAX_CONCURRENT_SYNCS);
  /** the number of syncs that wait for a slot */
  #waitingSyncs = 0;

  /** Restores the sockets that survived hibernation, and deletes the cursors of all others. */
  constructor(
    ctx: DurableObjectState,
    deps: DeviceSocketsDeps & Pick<SocketDeps, "names">,
    cursors: DeviceCursors,
    budgets: UserBudgets,
  ) {
    this.#ctx = ctx;
    this.#deps = deps;
    this.#cursors = cursors;
    this.#budgets = budgets;
    this.#streams = new StreamPace(deps.timing.streams);
    this.#sends = new DeviceSends(this.#backlog, deps.metrics, deps.timing.assumedUpdates);
    for (const ws of ctx.getWebSockets()) {
      const socket = DeviceSocket.restore(ctx, ws, deps);
      // A socket whose request was under way gets no answer: its client reconnects and syncs.
      if (socket && !socket.isBusy) this.#sockets.set(ws, socket);
      else ws.close(...CLOSE.fault);
    }
    cursors.keep(new Set(this.open().map(({ id }) => id)));
  }

  /** @returns the sockets that are open */
  open(): DeviceSocket[] {
    return [...this.#sockets.values()].filter(({ isClosing }) => !isClosing);
  }

  /**
   * @param opening how many sockets are being opened
   * @throws `rate_limited` if the user has 100 sockets already
   */
  requireCapacity(opening: number): void {
    if (this.open().length + opening < MAX_SOCKETS) return;
    const detail = `You have ${MAX_SOCKETS} sockets of devices open. Close one, or end a session.`;
    throw new CoreError("rate_limited", detail, { retryAfter: this.#deps.timing.deviceFeed.fullRetryAfterS });
  }

  /**
   * Accepts a socket and sends `ready`. If its wire format supports resuming, messages wait until its client
   * sends a frame or `holdMs` have passed.
   * @param identity `dueReminders`: the number of reminders that are due
   * @throws Error for a protocol that is not registered
   */
  accept(
    ws: WebSocket,
    identity: Identity & Pick<DeviceOpening, "protocol" | "gateway"> & { dueReminders: number },
    deviceFeed: DeviceFeed,
  ): DeviceSocket {
    const socket = DeviceSocket.accept(this.#ctx, ws, identity, this.#deps);
    if (!socket) throw new Error(`no protocol ${identity.protocol} is registered`);
    this.#sockets.set(ws, socket);
    const { userId, sessionId, dueReminders } = identity;
    socket.sendEvent({ type: "ready", userId, sessionId, dueReminders });
    if (!socket.isNew) return socket;
    const release = () => void this.#release(socket, deviceFeed, NO_CONVERSATIONS);
    this.#holdTimers.set(socket, setTimeout(release, this.#deps.timing.deviceFeed.holdMs));
    return socket;
  }

  /** After a start: ends the pending state of sockets that were new before it. */
  resume(deviceFeed: DeviceFeed): void {
    for (const socket of this.open()) void this.#release(socket, deviceFeed, NO_CONVERSATIONS);
  }

  /** Ends the pending state of a socket: it gets what waited, except in conversations that it syncs. */
  async #release(
    socket: DeviceSocket,
    deviceFeed: DeviceFeed,
    synced: ReadonlySet<ConversationId>,
  ): Promise<void> {
    this.#endHold(socket);
    try {
      await deviceFeed.release(socket, synced);
    } catch (error) {
      // The socket would miss messages: it is closed, so that its client reconnects and syncs.
      log("warn", "device_release_failed", errorFields(error));
      socket.close(CLOSE.fault);
    }
  }

  #endHold(socket: DeviceSocket): void {
    socket.isNew = false;
    clearTimeout(this.#holdTimers.get(socket));
    this.#holdTimers.delete(socket);
  }

  /**
   * A socket has closed, by either side: forgets the socket and its cursors.
   * @returns it; undefined: it was not known
   */
  closed(ws: WebSocket): DeviceSocket | undefined {
    const socket = this.#sockets.get(ws);
    this.#sockets.delete(ws);
    if (!socket) return undefined;
    // Requests that are under way store nothing more for a closed socket.
    socket.markClosed();
    this.#endHold(socket);
    this.#cursors.forget(socket.id);
    return socket;
  }

  /** Sends an event to all open sockets. */
  broadcast(event: DeviceEvent): void {
    for (const socket of this.open()) socket.sendEvent(event);
  }

  /** Closes the sockets for which `matches` holds with 4001, after a `kicked` frame with the reason. */
  kick(matches: (socket: DeviceSocket) => boolean, reason: KickReason): void {
    for (const socket of this.open()) {
      if (!matches(socket)) continue;
      socket.sendEvent({ type: "kicked", reason });
      socket.close([KICKED, reason]);
    }
  }

  /**
   * Closes all sockets with 1011, as the messages that they missed are unknown: their clients reconnect and
   * sync.
   */
  fail(): void {
    for (const socket of this.open()) socket.close(CLOSE.fault);
  }

  /** Closes the sockets of an ended session. */
  kickSession(sessionId: SessionId): void {
    this.kick((socket) => socket.sessionId === sessionId, "session_ended");
  }

  /**
   * Closes the sockets whose tokens have expired.
   * @param all also sockets whose wire format lets them outlive their tokens: their sessions may have ended
   */
  kickExpired(all: boolean): void {
    const now = Date.now();
    const isExpired = ({ expiresAt, protocol }: DeviceSocket) =>
      expiresAt <= now && (all || !protocol.survivesTokenExpiry);
    this.kick(isExpired, "token_expired");
  }

  /** @returns when the next open socket closes because its token expires (ms); null if none does */
  nextExpiry(): number | null {
    const expiries = this.open()
      .filter(({ protocol }) => !protocol.survivesTokenExpiry)
      .map(({ expiresAt }) => expiresAt);
    return expiries.length === 0 ? null : Math.min(...expiries);
  }

  /**
   * Handles one frame of a client. Refusals are sent to the socket. Resolves once the command is carried out.
   * @param others carry out what is not about conversations
   */
  async frame(
    ws: WebSocket,
    data: string | ArrayBuffer,
    deviceFeed: DeviceFeed,
    others: OtherCommands,
  ): Promise<void> {
    const socket = this.#sockets.get(ws);
    if (!socket) {
      ws.close(...CLOSE.fault);
      return;
    }
    if (socket.isClosing) return;
    socket.markAlive();
    deviceFeed.slowSockets.check();
    const { decode, refused, takesBytes } = socket.protocol;
    const closeAll = (_: unknown, reason: readonly [number, string]) => {
      for (const open of this.open()) open.close(reason);
    };
    const read = readFrame(
      { decode, refuse: refused, takesBytes, budgets: this.#budgets, closeAll },
      socket,
      data,
    );
    if (!read) return;
    const { command, granted } = read;
    if (command.type === "leave") {
      await socket.answered();
      this.kick((candidate) => candidate === socket, "left");
      return;
    }
    if (command.type === "auth") {
      // A new socket goes on waiting for its client's first sync.
      await this.#renew(socket, () => others.renew(socket, command.token));
      return;
    }
    if (command.type === "heartbeat" || command.type === "resume") {
      socket.valid();
      others.gateway(socket, command);
      return;
    }
    if (socket.isNew) {
      const points = command.type === "sync" ? command.items.slice(0, granted) : [];
      void this.#release(socket, deviceFeed, new Set(points.map(({ conversationId }) => conversationId)));
    }
    await socket.during(() => this.#execute(socket, command, granted, deviceFeed));
  }

  async #renew(socket: DeviceSocket, renew: () => Promise<void>): Promise<void> {
    socket.valid();
    try {
      await renew();
    } catch (error) {
      socket.refuse(failureOf(error), {});
    }
  }

  async #execute(
    socket: DeviceSocket,
    command: Exclude<DeviceCommand, { type: "leave" | "auth" | "heartbeat" | "resume" }>,
    granted: number,
    deviceFeed: DeviceFeed,
  ): Promise<void> {
    if (command.type === "send") {
      for (const { send, endedStream } of command.items)
        if (send.ok && endedStream !== undefined) this.#streams.end(send.value.conversationId, endedStream);
      await this.#sends.take(socket, command.items.slice(0, granted), deviceFeed);
      return;
    }
    socket.valid();
    switch (command.type) {
      case "read": {
        const { conversationId, seq } = command;
        deviceFeed.chargeUnlisted(conversationId);
        await this.#enqueue(socket, conversationId, () => deviceFeed.read(socket, conversationId, seq));
        return;
      }
      case "typing":
        deviceFeed.chargeUnlisted(command.conversationId);
        await this.#typing(socket, command.conversationId);
        return;
      case "draft_text":
        deviceFeed.chargeUnlisted(command.conversationId);
        await this.#stream(socket, command);
        return;
      case "sync":
        for (const { conversationId } of command.items.slice(0, granted))
          deviceFeed.chargeUnlisted(conversationId);
        await this.#sync(socket, command.items.slice(0, granted), deviceFeed);
        return;
      case "focus":
        if (command.conversationId !== null) deviceFeed.chargeUnlisted(command.conversationId);
        await this.#focus(socket, command.conversationId, deviceFeed);
        return;
    }
  }

  async #typing(socket: DeviceSocket, id: ConversationId): Promise<void> {
    const { conversations, timing } = this.#deps;
    const now = Date.now();
    // The map is in the order of time: after the first recent entry all are recent.
    for (const [typedId, at] of this.#typedAt) {
      if (now - at < timing.typing.intervalMs) break;
      this.#typedAt.delete(typedId);
    }
    if (this.#typedAt.has(id)) return;
    this.#typedAt.set(id, now);
    await this.#enqueue(socket, id, () =>
      withDeadline(conversations.typing(id, { userId: socket.userId }), timing.deviceFeed.typingTimeoutMs),
    );
  }

  async #stream(
    socket: DeviceSocket,
    { conversationId: id, stream, text }: Extract<DeviceCommand, { type: "draft_text" }>,
  ): Promise<void> {
    const { conversations, timing } = this.#deps;
    const part = { userId: socket.userId, stream, text };
    await this.#streams.add(id, stream, () =>
      this.#enqueue(socket, id, () =>
        withDeadline(conversations.showStream(id, part), timing.deviceFeed.typingTimeoutMs),
      ),
    );
  }

  /** Calls a conversation for a command other than a send. A full backlog refuses the command. */
  async #enqueue(socket: DeviceSocket, id: ConversationId, call: () => Promise<unknown>): Promise<void> {
    if (!this.#backlog.take(socket.userId, 1, 0)) {
      socket.refuse(tooMuch().toFailure(), { conversationId: id });
      return;
    }
    await socket.attempt(id, call);
    this.#backlog.release(socket.userId, 1, 0);
  }

  /**
   * Replays conversations to a socket. All syncs begin in this turn, but of all sockets together 16 run at
   * once; a full queue refuses further ones.
   */
  async #sync(socket: DeviceSocket, points: SyncPoint[], deviceFeed: DeviceFeed): Promise<void> {
    const whenFree = (work: () => Promise<void>) => this.#inSlot(socket, work);
    const syncs = points.map((point) =>
      socket.attempt(point.conversationId, () => deviceFeed.sync(socket, point, whenFree)),
    );
    await Promise.all(syncs);
  }

  /** The client shows this conversation over its room socket; null: it shows none. */
  async #focus(socket: DeviceSocket, id: ConversationId | null, deviceFeed: DeviceFeed): Promise<void> {
    socket.focus = id;
    if (id === null) return;
    await socket.attempt(id, () => this.#inSlot(socket, () => deviceFeed.focus(socket, id)));
  }

  /**
   * Runs a request of a socket once a slot is free, in the order of the calls.
   * @throws `rate_limited` if too many wait
   */
  async #inSlot(socket: DeviceSocket, work: () => Promise<void>): Promise<void> {
    if (this.#waitingSyncs >= MAX_SYNCS) throw tooMuch();
    this.#waitingSyncs++;
    return this.#syncSemaphore.run(async () => {
      this.#waitingSyncs--;
      if (this.open().includes(socket)) await work();
    });
  }
}
