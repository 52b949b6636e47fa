import { DurableObject } from "cloudflare:workers";
import { noConversation, noMessage, type Result } from "../core/errors.ts";
import { ConversationId, type Position, type Seq, type SessionId, type UserId } from "../core/ids.ts";
import type { Draft } from "../core/message.ts";
import type { RoomProtocol } from "../core/protocol.ts";
import { Jobs } from "../object/jobs.ts";
import { hasSchema, migrate } from "../object/migrations.ts";
import { answer } from "../object/stub.ts";
import { MIGRATIONS } from "./migrations.ts";
import { OPENING_HEADER, Opening } from "./opening.ts";
import { Registrations } from "./registrations.ts";
import { type JobKind, Room, type RoomDeps } from "./room.ts";
import { Sockets } from "./sockets.ts";
import { create } from "./state.ts";

/** What a conversation needs from outside; `src/index.ts` hands it in. */
export interface ConversationDeps extends RoomDeps {
  protocol: RoomProtocol;
}

/** What is there once D1 has confirmed that the conversation exists. */
interface Live {
  room: Room;
  sockets: Sockets;
  registrations: Registrations;
}

/**
 * One conversation: its order, its members, their read positions, its sockets. The class is its life
 * cycle; what happens in a conversation is `Room`, what its sockets see is `Sockets`.
 */
export abstract class ConversationObject extends DurableObject<Env> {
  readonly #deps: ConversationDeps;
  readonly #jobs: Jobs<JobKind>;
  #live: Live | undefined;
  #creating: Promise<Live> | undefined;

  constructor(ctx: DurableObjectState, env: Env, deps: ConversationDeps) {
    super(ctx, env);
    this.#deps = deps;
    this.#jobs = new Jobs(ctx.storage, {
      fanout: () => this.#withRoom(({ room }) => room.repairFanout()),
      expiry: () => this.#withRoom((live) => this.#kickExpired(live)),
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    if (!hasSchema(ctx.storage)) return;
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage, MIGRATIONS);
      this.#live = this.#start();
      await this.#jobs.start();
      this.#live.room.resume();
    });
  }

  /**
   * Sees to it that the conversation, which D1 has, is in the lists of its first members, in that of
   * `userId`, who opens it, before this resolves. Idempotent.
   */
  init(input: { userId: UserId }): Promise<Result<null>> {
    return this.#answer(async ({ room }) => {
      await room.tellAll(input.userId);
      return null;
    });
  }

  /** Stores a message. @see Room.send */
  async send(input: { userId: UserId; draft: Draft }): ReturnType<Room["send"]> {
    const ready = await answer(() => this.#ready());
    return ready.ok ? ready.value.room.send(input.userId, input.draft) : ready;
  }

  /** A page of messages as the caller sees them, in rising order; without bounds the newest. */
  page(input: { userId: UserId; before?: Position; after?: Position; limit: number }) {
    return this.#answer(async ({ room }) => {
      await room.people.refreshed();
      room.settle();
      const member = room.members.active(input.userId);
      const wanted = input.limit + 1;
      const rows =
        input.after === undefined
          ? room.log.before(input.before ?? Number.MAX_SAFE_INTEGER, wanted, member)
          : room.log.after(input.after, wanted, member);
      const shown = rows.slice(0, input.limit);
      if (input.after === undefined) shown.reverse();
      return { items: room.view.for(shown, member), hasMore: rows.length > input.limit };
    });
  }

  /** One message. @throws `not_found` */
  message(input: { userId: UserId; seq: Seq }) {
    return this.#answer(async ({ room }) => {
      await room.people.refreshed();
      room.settle();
      const member = room.members.active(input.userId);
      const row = room.log.visible(input.seq, member);
      const [message] = row ? room.view.for([row], member) : [];
      if (!message) throw noMessage(input.seq);
      return message;
    });
  }

  /** Takes a message back for everyone. @see Room.revoke */
  revoke(input: { userId: UserId; seq: Seq }) {
    return this.#answer(async ({ room }) => {
      await room.revoke(input.userId, input.seq);
      return null;
    });
  }

  /** Takes a message out of the caller's sight. @see Room.hide */
  hide(input: { userId: UserId; seq: Seq }) {
    return this.#answer(async ({ room }) => {
      await room.hide(input.userId, input.seq);
      return null;
    });
  }

  /** Moves the caller's read position forward. @see Room.read */
  read(input: { userId: UserId; seq: Position }) {
    return this.#answer(async ({ room }) => {
      const member = room.read(input.userId, input.seq, null);
      const { readSeq, unreadCount } = room.standing(member);
      await room.tell([input.userId]);
      return { readSeq, unreadCount };
    });
  }

  /** The newest snapshot for a member's inbox, which does not wait for its turn in the fan-out. */
  snapshot(input: { userId: UserId }) {
    return this.#answer(({ room }) => room.snapshot(input.userId));
  }

  /** How far each member has read. */
  receipts(input: { userId: UserId }) {
    return this.#answer(({ room }) => room.receipts(input.userId));
  }

  /** The conversation as the caller sees it. @see Room.describe */
  describe(input: { userId: UserId }) {
    return this.#answer(async ({ room }) => {
      await room.people.refreshed();
      room.settle();
      return room.describe(input.userId);
    });
  }

  /** Closes every socket of an ended session, also one that is being opened. Idempotent. */
  kick(input: { sessionId: SessionId }) {
    return this.#answer(({ registrations, sockets }) => {
      registrations.kick(input.sessionId);
      sockets.kickSession(input.sessionId);
      return null;
    });
  }

  /** Which of these sessions have a socket open here. */
  openSessions(input: { sessionIds: SessionId[] }) {
    return this.#answer(({ registrations, sockets }) =>
      input.sessionIds.filter((id) => sockets.hasSession(id) || registrations.isOpening(id)),
    );
  }

  /** Opens a socket for whom `OPENING_HEADER` names: 101, or a `Failure` as JSON with status 409. */
  override async fetch(request: Request): Promise<Response> {
    const opened = await answer(() => this.#open(request));
    return opened.ok ? opened.value : Response.json(opened, { status: 409 });
  }

  async #open(request: Request): Promise<Response> {
    const { subprotocol, ...opening } = Opening.parse(
      JSON.parse(request.headers.get(OPENING_HEADER) ?? "null"),
    );
    const live = await this.#ready();
    live.room.members.active(opening.userId);
    await live.room.people.refreshed();
    const { 0: client, 1: server } = new WebSocketPair();
    this.#jobs.schedule("expiry", "", opening.expiresAt);
    await live.registrations.open(opening.userId, opening.sessionId, () =>
      live.sockets.open(server, opening),
    );
    const headers = new Headers(subprotocol === undefined ? {} : { "Sec-WebSocket-Protocol": subprotocol });
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override async webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const { sockets } = this.#live ?? (await this.#ready());
    sockets.frame(ws, data);
  }

  override async webSocketClose(ws: WebSocket, code: number, reason: string): Promise<void> {
    // The runtime does not answer a close by itself; 1005 and 1006 may not be sent.
    try {
      ws.close(code === 1005 || code === 1006 ? 1000 : code, reason);
    } catch {
      // The server had closed it first.
    }
    await this.#closed(ws);
  }

  override async webSocketError(ws: WebSocket): Promise<void> {
    await this.#closed(ws);
  }

  override async alarm(): Promise<void> {
    await this.#jobs.run();
  }

  async #closed(ws: WebSocket): Promise<void> {
    const { sockets, registrations } = await this.#ready();
    const socket = sockets.closed(ws);
    if (!socket) return;
    await registrations.closed(socket.userId, socket.sessionId);
  }

  async #kickExpired({ sockets }: Live): Promise<number | null> {
    const now = Date.now();
    sockets.kick((socket) => socket.expiresAt <= now, "token_expired");
    return sockets.nextExpiry();
  }

  #answer<T>(work: (live: Live) => T | Promise<T>): Promise<Result<T>> {
    return answer(() => this.#withRoom(work));
  }

  async #withRoom<T>(work: (live: Live) => T | Promise<T>): Promise<T> {
    return work(await this.#ready());
  }

  /** The conversation; made from D1 where this object has never been used. @throws `not_found` */
  async #ready(): Promise<Live> {
    if (this.#live) return this.#live;
    this.#creating ??= this.#create().finally(() => {
      this.#creating = undefined;
    });
    return this.#creating;
  }

  async #create(): Promise<Live> {
    const id = ConversationId.safeParse(Number(this.ctx.id.name));
    const created = id.success ? await this.#deps.directory.created(id.data) : null;
    if (!created || !id.success) throw noConversation();
    create(this.ctx.storage, id.data, created);
    await this.#jobs.start();
    this.#live ??= this.#start();
    return this.#live;
  }

  #start(): Live {
    const room = new Room(this.ctx.storage, this.#deps, this.#jobs);
    const sockets = new Sockets(this.ctx, this.#deps.protocol, room);
    room.listen(sockets);
    const registrations = new Registrations(room.state.id, this.#deps.inboxes, sockets);
    return { room, sockets, registrations };
  }
}
