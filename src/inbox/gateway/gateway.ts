import type { BotFormat, BotPlace } from "../../domain/bots/bot-update.ts";
import type { Tap } from "../../domain/bots/tap.ts";
import { CoreError } from "../../domain/errors.ts";
import type { ConversationCode, ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import type {
  GatewayCommand,
  GatewayFrames,
  GatewayOpening,
  GatewayReset,
} from "../../domain/sync/gateway.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import { ConversationFeed, type UsersTold } from "../bot-updates/conversation-feed.ts";
import { TapUpdates } from "../bot-updates/tap-updates.ts";
import { UpdateQueue } from "../bot-updates/update-queue.ts";
import type { DeviceSocket } from "../devices/device-socket.ts";
import type { Outfeed } from "../outfeeds/outfeeds.ts";
import { GatewaySpaces, type Reading } from "./gateway-spaces.ts";
import { type GatewaySession, GatewaySessions } from "./sessions.ts";

/** The updates that are read at once. */
const PAGE = 50;

/** The close codes and reasons of the server, besides those of all sockets. */
const CLOSE: Record<GatewayReset | "replaced", readonly [number, string]> = {
  unknown_session: [4_107, "unknown session"],
  unknown_position: [4_108, "unknown sn"],
  replaced: [4_109, "another socket goes on with the session"],
};

interface GatewayDeps {
  conversations: Pick<
    Conversations,
    "snapshot" | "pageWithContext" | "page" | "changes" | "message" | "follow"
  >;
  directory: Pick<UserDirectory, "storedContext" | "people" | "spaceViews" | "isSpaceOver" | "membersIn">;
  format: BotFormat;
  jobs: { schedule(kind: "gateway_expiry", key: string, due: number): void };
  timing: Pick<Timing, "botUpdates" | "gateway">;
  userId(): UserId;
  storeList(): void;
  /** the open sockets of the user, of gateways and others */
  sockets(): DeviceSocket[];
  /** has the spaces of the user, or one, read at a time (ms since 1970) */
  readSpaces(id: SpaceId | null, due: number): void;
  /** charges the user for what a socket is sent once more */
  chargeResume(): void;
}

/**
 * The gateway of a bot: its sockets are device sockets, which are told of events from a queue. A session has
 * its own count of events, and goes on over sockets: what comes while it has none waits for `keepMs`. The
 * queue is on while there is a session. A user without one has no row and no job of it.
 */
export class Gateway implements Outfeed {
  readonly #deps: GatewayDeps;
  readonly #queue: UpdateQueue;
  readonly #feed: ConversationFeed;
  readonly #taps: TapUpdates;
  readonly #sessions: GatewaySessions;
  readonly #spaces: GatewaySpaces;
  readonly #storage: DurableObjectStorage;
  /** the codes of conversations, which never change */
  readonly #codes = new Map<ConversationId, ConversationCode>();
  /** from which update on a socket was sent events twice, as its client had not taken them */
  readonly #repeatedFrom = new WeakMap<DeviceSocket, number>();

  constructor(storage: DurableObjectStorage, deps: GatewayDeps) {
    this.#deps = deps;
    const mayBeTold = (updateId: number) => this.#mayBeTold(updateId);
    const queue = new UpdateQueue(storage, { ...deps, mayBeTold }, "gateway");
    this.#queue = queue;
    this.#sessions = new GatewaySessions(storage.sql);
    this.#storage = storage;
    this.#spaces = new GatewaySpaces(storage, deps);
    const placeOf = (context: BotPlace, users: UsersTold) => this.#placeOf(context, users);
    const feeding = { ...deps, queue, placeOf, removalFrom: () => null, added: () => this.#added() };
    this.#feed = new ConversationFeed(feeding);
    this.#taps = new TapUpdates(feeding);
  }

  /** After a start: a crash closes sockets without an event. */
  start(): void {
    if (!this.#queue.state) return;
    const open = new Set(this.#open().map(({ gateway }) => gateway?.session));
    const { lastId } = this.#queue;
    for (const { id, closedAt } of this.#sessions.all())
      if (closedAt === null && !open.has(id)) this.#close(id, lastId);
  }

  /** Whether the bot has a session. */
  get isOn(): boolean {
    return this.#queue.state !== null;
  }

  /** @see Outfeed.taken */
  taken(update: InboxUpdate): number | null {
    if (update.spaceId !== undefined && update.state !== "active") this.#readSoon(update.spaceId);
    return this.#feed.taken(update);
  }

  /** @see Outfeed.read */
  read(id: ConversationId, calls: CallBudget): Promise<number | null> {
    return this.#feed.read(id, calls);
  }

  /** Has the bot follow its channels, and tells it what has changed. @see Outfeed.readSpaces */
  async readSpaces(id: SpaceId | null, calls: CallBudget): Promise<number | null> {
    const read = await this.#spaces.read(id, calls);
    if (read) this.#tell(read);
    return read ? null : Date.now();
  }

  /**
   * A socket is to open: the bot follows its channels first, so that it misses nothing that comes once the
   * client is told that it is there. As the queue is switched on, nothing has changed.
   */
  async opening(calls: CallBudget): Promise<void> {
    const read = await this.#spaces.readInTime(calls);
    if (!this.isOn) this.#storage.transactionSync(() => (read ? read.store() : this.#spaces.end()));
    else if (read) this.#tell(read);
    else this.#readSoon(null);
  }

  /** @see Outfeed.readTap */
  readTap(tap: Tap): Promise<(() => void) | null> {
    return this.#taps.read(tap);
  }

  /** Whether the bot has a session, and no other sockets. */
  get isAlone(): boolean {
    return this.isOn && this.#deps.sockets().length === this.#open().length;
  }

  /** @throws `rate_limited` if the bot has as many sockets as it may have */
  requireCapacity(): void {
    if (this.#open().length < LIMITS.gatewaySessions) return;
    const detail = `You have ${LIMITS.gatewaySessions} sockets of the gateway open. Close one.`;
    throw new CoreError("rate_limited", detail, { retryAfter: this.#deps.timing.gateway.fullRetryAfterS });
  }

  /** A socket is open: begins a session, or goes on with one. */
  opened(socket: DeviceSocket, { resume }: GatewayOpening): void {
    if (!resume) {
      this.#begin(socket);
      return;
    }
    const session = this.#queue.state && this.#sessions.find(resume.session);
    if (!session) {
      this.#reset(socket, "unknown_session");
      return;
    }
    const { id, firstId } = session;
    const from = this.#position(session, resume.after);
    if (from === null) {
      this.#reset(socket, "unknown_position");
      return;
    }
    // The connection of the former socket is lost, and nobody has noticed yet.
    for (const other of this.#open()) if (other.gateway?.session === id) other.close(CLOSE.replaced);
    this.#sessions.open(id);
    socket.gateway = { session: id, firstId, sent: from };
    socket.send(framesOf(socket).hello(id));
    this.#goOn(socket, session, from);
  }

  /** A client's frame. */
  frame(socket: DeviceSocket, { type, after }: GatewayCommand): void {
    const session = socket.gateway && this.#sessions.find(socket.gateway.session);
    if (!session) {
      this.#reset(socket, "unknown_session");
      return;
    }
    const from = this.#position(session, after);
    if (type === "resume") {
      this.#deps.chargeResume();
      if (from === null) this.#reset(socket, "unknown_position");
      else this.#goOn(socket, session, from);
      return;
    }
    if (from !== null) this.#beat(socket, session, from);
    socket.send(framesOf(socket).alive());
    this.#send(socket);
  }

  /** A socket has closed, by either side. */
  closed(socket: DeviceSocket): void {
    const { gateway } = socket;
    if (!gateway || this.#open().some((other) => other.gateway?.session === gateway.session)) return;
    this.#close(gateway.session, gateway.sent);
  }

  /** The `gateway_expiry` job: ends sessions that nobody goes on with. */
  expire(): number | null {
    const until = Date.now() - this.#deps.timing.gateway.keepMs;
    for (const { id, closedAt } of this.#sessions.all())
      if (closedAt !== null && closedAt <= until) this.#sessions.end(id);
    const left = this.#sessions.all();
    if (left.length === 0) {
      this.stop();
      return null;
    }
    this.#forgetAcked();
    const next = left[0]?.closedAt ?? null;
    return next === null ? null : next + this.#deps.timing.gateway.keepMs;
  }

  /** The account is deleted. */
  stop(): void {
    this.#sessions.endAll();
    this.#spaces.end();
    if (this.#queue.state) this.#queue.end();
  }

  #begin(socket: DeviceSocket): void {
    // What has changed since the spaces were read was said to nobody, as the queue was off.
    if (!this.isOn) this.#readSoon(null);
    this.#queue.begin();
    const sessions = this.#sessions.all();
    const tooMany = Math.max(0, sessions.length + 1 - LIMITS.gatewaySessions);
    for (const { id, closedAt } of sessions.slice(0, tooMany)) if (closedAt !== null) this.#sessions.end(id);
    const { id, firstId } = this.#sessions.begin(this.#queue.lastId);
    socket.gateway = { session: id, firstId, sent: firstId };
    socket.send(framesOf(socket).hello(id));
  }

  /** The update after which a session goes on; null: the events after it are not there. */
  #position({ firstId }: GatewaySession, after: number): number | null {
    const id = firstId + after;
    if (after < 0 || id > this.#queue.lastId) return null;
    return this.#queue.after(id, 1) ? id : null;
  }

  /** Sends what a client has missed. */
  #goOn(socket: DeviceSocket, session: GatewaySession, from: number): void {
    this.#ack(session, from);
    noteSent(socket, from);
    this.#send(socket);
    socket.send(framesOf(socket).resumed(session.id));
  }

  /** A heartbeat says which updates the client has. */
  #beat(socket: DeviceSocket, session: GatewaySession, from: number): void {
    this.#ack(session, from);
    const sent = socket.gateway?.sent ?? from;
    if (from >= sent) {
      socket.markRead();
      return;
    }
    // A client that has had the time to take an event, and has not, is sent it again, once.
    const [next] = this.#queue.after(from, 1) ?? [];
    const isLate = next !== undefined && next.at < Date.now() - this.#deps.timing.gateway.takeMs;
    if (!isLate || this.#repeatedFrom.get(socket) === from) return;
    this.#repeatedFrom.set(socket, from);
    this.#deps.chargeResume();
    noteSent(socket, from);
  }

  #ack({ id, acked }: GatewaySession, updateId: number): void {
    if (updateId <= acked) return;
    this.#sessions.ack(id, updateId);
    this.#forgetAcked();
  }

  /** Forgets the updates that all clients have. */
  #forgetAcked(): void {
    const acked = this.#sessions.ackedByAll();
    if (acked !== null) this.#queue.confirm(acked + 1);
  }

  #readSoon(id: SpaceId | null): void {
    this.#deps.readSpaces(id, Date.now() + this.#deps.timing.botUpdates.retryUnitMs);
  }

  /** Tells the bot of its spaces, once. */
  #tell({ updates, store }: Reading): void {
    if (!this.isOn) return;
    this.#storage.transactionSync(() => {
      store();
      this.#queue.append(null, updates);
    });
    if (updates.length > 0) this.#added();
  }

  #added(): void {
    for (const socket of this.#open()) this.#send(socket);
  }

  /** Sends a socket what its session has, as far as its client reads. The next frame goes on. */
  #send(socket: DeviceSocket): void {
    for (;;) {
      const { gateway } = socket;
      if (!gateway || socket.isClosing || socket.isOverfull) return;
      const updates = this.#queue.after(gateway.sent, PAGE);
      if (!updates) {
        this.#reset(socket, "unknown_position");
        return;
      }
      if (updates.length === 0) return;
      for (const { id, body } of updates) {
        if (socket.isClosing || socket.isOverfull) return;
        noteSent(socket, id);
        socket.send(framesOf(socket).event(id - gateway.firstId, body));
      }
    }
  }

  /** Tells a client to begin anew. */
  #reset(socket: DeviceSocket, reason: GatewayReset): void {
    socket.send(framesOf(socket).reset(reason));
    socket.close(CLOSE[reason]);
  }

  #close(id: GatewaySession["id"], sent: number): void {
    const now = Date.now();
    this.#sessions.close(id, sent, now);
    this.#deps.jobs.schedule("gateway_expiry", "", now + this.#deps.timing.gateway.keepMs);
  }

  /** Whether a client may have this update already. */
  #mayBeTold(updateId: number): boolean {
    if (this.#open().some(({ gateway }) => gateway && gateway.sent >= updateId)) return true;
    return this.#sessions.all().some(({ closedAt, sent }) => closedAt !== null && sent >= updateId);
  }

  #open(): DeviceSocket[] {
    return this.#deps.sockets().filter(({ gateway }) => gateway !== undefined);
  }

  /** A direct conversation with its code; a channel with whom its messages name, and who has written. */
  async #placeOf(context: BotPlace, { named, senders }: UsersTold): Promise<BotPlace> {
    const { directory, userId } = this.#deps;
    const { spaceId } = context;
    if (spaceId !== undefined) {
      if (this.#spaces.isRenamed(context)) this.#readSoon(spaceId);
      const [people, members] = await Promise.all([
        named.length === 0 ? [] : directory.people([...new Set(named)]),
        senders.length === 0 ? [] : directory.membersIn(spaceId, [...new Set(senders)]),
      ]);
      return { ...context, people, members };
    }
    const code = this.#codes.get(context.id) ?? (await directory.storedContext(userId(), context.id))?.code;
    if (code === undefined) return context;
    this.#codes.set(context.id, code);
    return { ...context, code };
  }
}

/** Notes up to which update a client is sent events. */
function noteSent(socket: DeviceSocket, sent: number): void {
  const { gateway } = socket;
  if (gateway) socket.gateway = { ...gateway, sent };
}

/** @throws Error for a wire format without a gateway, whose sockets are opened for none */
function framesOf({ protocol: { name, gateway } }: DeviceSocket): GatewayFrames {
  if (!gateway) throw new Error(`the protocol ${name} has no gateway`);
  return gateway;
}
