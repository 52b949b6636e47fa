import { DurableObject } from "cloudflare:workers";
import { CoreError, type Result } from "../core/errors.ts";
import { ConversationId, SessionId, UserId } from "../core/ids.ts";
import type { Contacts, UserDirectory } from "../core/ports.ts";
import type { Timing } from "../core/timing.ts";
import { type JobHandler, Jobs } from "../object/jobs.ts";
import { hasSchema, migrate } from "../object/migrations.ts";
import { answer } from "../object/stub.ts";
import { Cursors } from "./cursors.ts";
import { DeviceSockets, type DeviceSocketsDeps } from "./device-sockets.ts";
import { Drafts } from "./drafts.ts";
import { Endings } from "./endings.ts";
import { Farewell } from "./farewell.ts";
import { Feed } from "./feed.ts";
import { Gate } from "./gate.ts";
import { Hellos } from "./hellos.ts";
import { List } from "./list.ts";
import type { JobKind, Live } from "./live.ts";
import { Lively, MAX_LIVELY } from "./lively.ts";
import { MIGRATIONS } from "./migrations.ts";
import { Notices } from "./notices.ts";
import { DeviceOpening, OPENING_HEADER } from "./opening.ts";
import { Presence } from "./presence.ts";
import { Repair } from "./repair.ts";
import { Scenes } from "./scenes.ts";
import { Telling } from "./telling.ts";

/** What an inbox needs from outside; `src/worker.ts` hands it in. */
export interface InboxDeps extends DeviceSocketsDeps {
  directory: UserDirectory;
  contacts: Contacts;
  timing: Timing;
}

/**
 * The life cycle of a user's object: start-up, sockets of his devices, alarm. What it can be asked is
 * `InboxObject`.
 */
export abstract class InboxLife extends DurableObject<Env> {
  protected readonly deps: InboxDeps;
  protected readonly jobs: Jobs<JobKind>;
  #live: Live | undefined;
  /** sockets that are being opened */
  #opening = 0;

  constructor(ctx: DurableObjectState, env: Env, deps: InboxDeps) {
    super(ctx, env);
    this.deps = deps;
    const handlers: Record<JobKind, JobHandler> = {
      kick: (key) => this.#with((live) => this.#kick(live, SessionId.parse(key))),
      sweep: () => this.#with(async ({ gate }) => gate.sweep(Date.now())),
      sockets: () => this.#with((live) => this.#checkSockets(live)),
      expiry: () => this.#with((live) => this.#kickExpired(live)),
      online: () => this.#with(({ presence }) => presence.online()),
      offline: () => this.#with(({ presence }) => presence.offline()),
      endings: () => this.#with((live) => this.#lookUpEndings(live)),
      farewell: () => this.#with((live) => this.#lookUpFarewell(live)),
      drafts: () => this.#with(async ({ drafts }) => drafts.sweep()),
      leave: (key) => this.#with((live) => this.#leave(live, ConversationId.parse(Number(key)))),
    };
    this.jobs = new Jobs(ctx.storage, handlers, deps.timing.jobs);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    if (!hasSchema(ctx.storage)) return;
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage, MIGRATIONS);
      this.#live = this.#start();
      await this.jobs.start();
      this.#live.sockets.resume(this.#live.feed);
    });
  }

  /** Opens a device's socket for whom `OPENING_HEADER` names: 101, or a `Failure` as JSON with status 409. */
  override async fetch(request: Request): Promise<Response> {
    const opened = await this.answer((live) => this.#open(live, request));
    return opened.ok ? opened.value : Response.json(opened, { status: 409 });
  }

  async #open(live: Live, request: Request): Promise<Response> {
    const { subprotocol, ...opening } = DeviceOpening.parse(
      JSON.parse(request.headers.get(OPENING_HEADER) ?? "null"),
    );
    requireSession(live, opening.sessionId);
    live.sockets.requireRoom(this.#opening);
    this.#opening++;
    try {
      const isFirst = live.sockets.open().length === 0;
      if (isFirst && this.#opening === 1) live.list.beginEpoch();
      // The newest of large groups, which tell of everything at once from now on, as do those just heard of; and D1
      // first: whoever comes or goes after `ready` finds him there, and tells him.
      await Promise.all([live.hellos.say(true, isFirst ? live.lively.lately() : []), live.presence.came()]);
      requireSession(live, opening.sessionId);
      this.jobs.schedule("expiry", "", opening.expiresAt);
      this.checkLater();
      const { 0: client, 1: server } = new WebSocketPair();
      live.sockets.accept(server, opening, live.feed);
      const headers = new Headers(subprotocol === undefined ? {} : { "Sec-WebSocket-Protocol": subprotocol });
      return new Response(null, { status: 101, webSocket: client, headers });
    } finally {
      this.#opening--;
      live.presence.left();
    }
  }

  override async webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const { sockets, feed } = await this.ready();
    await sockets.frame(ws, data, feed);
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
    await this.jobs.run();
  }

  async #closed(ws: WebSocket): Promise<void> {
    const { sockets, presence } = await this.ready();
    sockets.closed(ws);
    presence.left();
  }

  async #kickExpired({ sockets, presence }: Live): Promise<number | null> {
    sockets.kickExpired(false);
    presence.left();
    return sockets.nextExpiry();
  }

  async #kick({ farewell, gate, presence }: Live, sessionId: SessionId): Promise<null> {
    // Once its tokens have expired there is nothing left to close.
    if (farewell.isGone || gate.isEnded(sessionId)) await gate.kick(sessionId);
    presence.left();
    return null;
  }

  async #lookUpEndings({ endings, sockets }: Live): Promise<null> {
    await endings.end(await this.deps.directory.endedSessions(this.userId()));
    sockets.kickExpired(true);
    return null;
  }

  async #lookUpFarewell(live: Live): Promise<null> {
    if (await live.farewell.isDue()) await this.go(live);
    return null;
  }

  async #leave({ farewell }: Live, id: ConversationId): Promise<null> {
    await farewell.leave(id);
    return null;
  }

  /** Those of devices need no look: one that a crash took is missed when this wakes the object. */
  async #checkSockets({ gate, presence, sockets }: Live): Promise<number | null> {
    await gate.forgetLost();
    presence.left();
    const hasSome = gate.hasSockets() || sockets.open().length > 0;
    return hasSome ? Date.now() + this.deps.timing.socketRegistry.checkMs : null;
  }

  /** The account is deleted. @returns the conversations to leave, each noted as a job */
  protected async go({ farewell, list, endings, presence }: Live): Promise<ConversationId[]> {
    farewell.forget();
    list.end();
    presence.end();
    const [left] = await Promise.all([farewell.noteAll(), endings.endAll()]);
    return left;
  }

  /** Notes that the gate is to look after its sockets. */
  protected checkLater(): void {
    this.jobs.schedule("sockets", "", Date.now() + this.deps.timing.socketRegistry.checkMs);
  }

  /** Does what was asked for once the user is known, and answers refusals as data. */
  protected answer<T>(work: (live: Live) => T | Promise<T>): Promise<Result<T>> {
    return answer(() => this.#with(work));
  }

  async #with<T>(work: (live: Live) => T | Promise<T>): Promise<T> {
    return work(await this.ready());
  }

  /** Whether anything is stored here. */
  protected get isThere(): boolean {
    return this.#live !== undefined;
  }

  /** What is there; made once D1 has confirmed the user: guessed ids make no objects. @throws `not_found` */
  protected async ready(): Promise<Live> {
    if (this.#live) return this.#live;
    if (!(await this.deps.directory.exists(this.userId()))) throw noUser();
    // Another call may have made it meanwhile.
    if (!this.#live) {
      this.ctx.storage.transactionSync(() => migrate(this.ctx.storage, MIGRATIONS));
      this.#live = this.#start();
    }
    return this.#live;
  }

  #start(): Live {
    const { sql } = this.ctx.storage;
    const { deps, jobs } = this;
    const { conversations, timing } = deps;
    const userId = () => this.userId();
    const gate = new Gate(sql, conversations, timing.socketRegistry);
    const farewell = new Farewell(sql, jobs, { ...deps, userId });
    const list = new List(sql);
    const notices = new Notices(this.ctx.storage);
    const cursors = new Cursors(sql);
    const drafts = new Drafts(sql, jobs, timing.drafts);
    const sockets = new DeviceSockets(this.ctx, deps, cursors);
    const audience = {
      open: () => sockets.open(),
      isListening: () => this.#opening > 0 || sockets.open().length > 0,
    };
    const scenes = new Scenes({ directory: deps.directory, audience, list, timing, userId });
    const feed = new Feed({ audience, list, cursors, conversations, scenes, timing, userId });
    const hellos = new Hellos({
      large: (members, limit) => list.large(members, limit),
      hello: (id, listens) => conversations.hello(id, { userId: this.userId(), listens }),
      know: (bump) => feed.know(bump),
      timing,
    });
    const telling = new Telling({ ...deps, userId });
    const presence = new Presence(sql, jobs, {
      directory: deps.directory,
      telling,
      timing,
      userId,
      isOnline: () => !farewell.isGone && (audience.isListening() || gate.hasSockets()),
    });
    const repair = new Repair(sql, {
      ...{ directory: deps.directory, conversations, list, cursors, feed, timing, userId },
      sockets: { ...audience, fail: () => sockets.fail() },
      isGone: () => farewell.isGone,
      lookAtSockets: () => {
        jobs.schedule("sockets", "", Date.now());
        presence.repair();
      },
    });
    const ended = {
      closeHere: (sessionId: SessionId) => {
        sockets.kickSession(sessionId);
        presence.left();
      },
      closeAllHere: () => sockets.kick(() => true, "session_ended"),
      kick: (sessionId: SessionId) => this.#with((live) => this.#kick(live, sessionId)),
    };
    const endings = new Endings(gate, jobs, ended, timing.sessionEnd);
    // What an eviction or a crash took out of memory: where somebody wrote a moment ago there may be more to tell.
    const lively = new Lively(timing.recent);
    const heard = list.since(Date.now() - timing.recent.subscribeMs, MAX_LIVELY);
    for (const { conversationId, updatedAt } of heard) lively.note(conversationId, updatedAt);
    if (farewell.isGone) list.end();
    // Ended while an eviction was on its way.
    sockets.kick(({ sessionId }) => farewell.isGone || gate.isEnded(sessionId), "session_ended");
    // A crash closes sockets without a word.
    presence.left();
    return {
      gate,
      endings,
      farewell,
      list,
      drafts,
      notices,
      lively,
      hellos,
      sockets,
      feed,
      presence,
      telling,
      repair,
    };
  }

  protected userId(): UserId {
    const id = UserId.safeParse(Number(this.ctx.id.name));
    if (!id.success) throw noUser();
    return id.data;
  }
}

/** @throws `unauthenticated` for an ended session, or a deleted account */
function requireSession({ farewell, gate }: Live, sessionId: SessionId): void {
  if (farewell.isGone) throw new CoreError("unauthenticated", "This account does not exist any more.");
  gate.requireOpen(sessionId);
}

function noUser(): CoreError {
  return new CoreError("not_found", "There is no such user.");
}
