import { z } from "zod";
import { type Failure, noConversation, type Result } from "../domain/errors.ts";
import { ConversationId, UserId } from "../domain/ids.ts";
import { HookId } from "../domain/server/hook.ts";
import type { Settings } from "../domain/settings.ts";
import type { Timing } from "../domain/timing.ts";
import { AlarmJobs } from "../object/alarm-jobs.ts";
import { beingRestored } from "../object/backup/object-backup.ts";
import { endRestoring, isRestoring } from "../object/backup/restoring.ts";
import { answer } from "../object/calls/rpc.ts";
import { hasSchema, migrate } from "../object/migrations.ts";
import {
  readOpening,
  requireSameUser,
  SocketHost,
  switchingProtocols,
  type TokenReader,
} from "../object/socket-host.ts";
import { UserBudgets, WEIGHTS } from "../object/user-budgets.ts";
import { ConversationBackup } from "./backup/conversation-backup.ts";
import { create } from "./create.ts";
import type { ConversationJobKind } from "./jobs.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { RoomDeps } from "./room/host.ts";
import { createRoom, type Room } from "./room.ts";
import { RoomOpening } from "./sockets/room-opening.ts";
import { type RoomRenewal, RoomSockets, type RoomSocketsDeps } from "./sockets/room-sockets.ts";
import { SessionRegistry } from "./sockets/session-registry.ts";
import { SocketPlaces } from "./sockets/socket-places.ts";
import { CostlyReads } from "./views/costly-reads.ts";
import { replayPage } from "./views/replay-page.ts";

/** What a conversation needs from outside; `src/worker.ts` hands it in. */
export interface ConversationDeps extends RoomDeps, RoomSocketsDeps {
  readToken: TokenReader;
  settings: Settings;
  timing: Timing;
}

/** What names the user of a call. */
const Caller = z.object({ userId: UserId.optional(), person: z.object({ id: UserId }).nullish() });

/** The parts of a conversation, made once D1 has confirmed that it exists. */
export interface ConversationComponents {
  room: Room;
  sockets: RoomSockets;
  registrations: SessionRegistry;
  places: SocketPlaces;
  /** what each user may still ask */
  budgets: UserBudgets;
  /** the reads that take long */
  reads: CostlyReads;
}

/**
 * The life cycle of a conversation's object: start-up, sockets, alarm. What it can be asked is
 * `ConversationObject`, what happens in it is `Room`, its sockets are `RoomSockets`.
 */
export abstract class ConversationLifecycle extends SocketHost {
  readonly backup: ConversationBackup;
  readonly #deps: ConversationDeps;
  readonly #jobs: AlarmJobs<ConversationJobKind>;
  #components: ConversationComponents | undefined;
  #creating: Promise<ConversationComponents> | undefined;

  constructor(ctx: DurableObjectState, env: Env, deps: ConversationDeps) {
    super(ctx, env, (change) => deps.metrics.count(change, { socket: "room" }));
    this.#deps = deps;
    this.backup = new ConversationBackup(ctx.storage);
    const inAWhile = () => Date.now() + deps.timing.retryMarker.dueMs;
    // The key of these jobs is a user. What is left is scheduled anew.
    const ofDeletedUser = (removeSome: (room: Room, userId: UserId) => void) => (key: string) =>
      this.#with(({ room }) => {
        removeSome(room, UserId.parse(Number(key)));
        return null;
      });
    // Each handler gives the time (ms) at which the job runs again, or null once nothing is left.
    const handlers = {
      fanout: () =>
        this.#with(({ room }) => {
          // The marker stands for changes that wait for their announcement, too.
          room.changeFeed.flush();
          return room.fanout.repair();
        }),
      failed_updates: () => this.#with(({ room }) => room.fanout.retryFailed()),
      projection: () => this.#with(({ room }) => room.projection.runOnce()),
      index: () => this.#with(({ room }) => room.search.indexing.repair(inAWhile())),
      expiry: () => this.#with((components) => this.#kickExpired(components)),
      notifications: () => this.#with(({ room }) => room.outbox.repair()),
      files: () => this.#with(({ room }) => room.fileReferences.run()),
      released_files: (key: string, _: unknown, tries: number) =>
        this.#with(({ room }) => room.releasedFiles.run(key, tries)),
      edit_history: ofDeletedUser(({ editing }, userId) => editing.removeVersionsOf(userId)),
      deleted_reactions: ofDeletedUser(({ reactions }, userId) => reactions.forget(userId)),
      deleted_votes: ofDeletedUser(({ polls }, userId) => polls.forget(userId)),
      hooks: (key: string) => this.#with(({ room }) => room.hooks.run(HookId.parse(key))),
      link_previews: (key: string, _: unknown, tries: number) =>
        this.#with(({ room }) => room.messagePreviews.run(key, tries)),
      erased_messages: (key: string) =>
        this.#with(({ room }) => {
          room.redaction.goOnErasing(key);
          return null;
        }),
      retention: () => this.#with(({ room }) => room.retention.run()),
      size: () => this.#with(({ room }) => room.space.report()),
      direct_permission: () => this.#with(({ room }) => room.directPermission.repair()),
    };
    this.#jobs = new AlarmJobs<ConversationJobKind>(ctx.storage, handlers, deps.timing.jobs, {
      beside: ["hooks", "link_previews"],
      prompt: ["files", "released_files"],
      secret: ["released_files"],
      note: (event, job) => deps.metrics.count(event, { object: "conversation", job }),
    });
    if (!hasSchema(ctx.storage) || isRestoring(ctx.storage)) return;
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage, MIGRATIONS);
      this.#components = this.#start();
      await this.#jobs.start();
      this.#components.room.resume();
    });
  }

  protected override open(request: Request): Promise<Result<Response>> {
    return answer(() => this.#open(request));
  }

  async #open(request: Request): Promise<Response> {
    const { subprotocol, ...opening } = readOpening(request, RoomOpening);
    const components = await this.ensureLoaded();
    const { room } = components;
    const { userId, after, rev, threads } = opening;
    const member = room.members.active(userId);
    components.budgets.require(userId, WEIGHTS.page);
    // The first page is rendered again when the socket opens, in one turn: its profiles are refreshed here.
    const scope = threads ? "all" : "main";
    await room.profiles.fresh(() => after !== undefined && replayPage(room, member, { after, rev, scope }));
    const { 0: client, 1: server } = new WebSocketPair();
    this.#jobs.schedule("expiry", "", opening.expiresAt);
    await components.places.take(userId, () =>
      components.registrations.open(userId, opening.sessionId, () =>
        components.sockets.open(server, opening),
      ),
    );
    return switchingProtocols(client, subprotocol);
  }

  override async webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const components = this.#components ?? (await this.ensureLoaded());
    const renewal = components.sockets.handleFrame(ws, data);
    if (renewal) await this.#renew(components, renewal);
  }

  /** Hands a socket to the session of a newer token, which is registered first. A refusal changes nothing. */
  async #renew(
    { sockets, registrations }: ConversationComponents,
    { socket, token }: RoomRenewal,
  ): Promise<void> {
    try {
      const { userId, sessionId, expiresAt } = await this.#deps.readToken(token);
      requireSameUser(socket, userId);
      const former = await registrations.open(userId, sessionId, () => {
        const { sessionId: before } = socket;
        if (socket.isClosing) return null;
        socket.renew({ sessionId, expiresAt });
        this.#jobs.schedule("expiry", "", expiresAt);
        sockets.renewed(socket);
        return before;
      });
      if (former !== null && former !== sessionId) await registrations.closed(userId, former);
    } catch (error) {
      sockets.failed(socket, error);
    }
  }

  override async alarm(): Promise<void> {
    await this.#jobs.run();
  }

  protected override async closed(ws: WebSocket): Promise<void> {
    const { sockets, registrations } = await this.ensureLoaded();
    const socket = sockets.remove(ws);
    if (!socket) return;
    await registrations.closed(socket.userId, socket.sessionId);
  }

  async #kickExpired({ sockets }: ConversationComponents): Promise<number | null> {
    const now = Date.now();
    sockets.kick((socket) => socket.expiresAt <= now, "token_expired");
    return sockets.nextExpiry();
  }

  /**
   * Charges a call to the user who makes it.
   * @param input of the call, which names the user, or the person who joins
   * @returns the refusal of a user who has nothing left. Before the object is loaded nothing is charged
   */
  charge(input: unknown, weight: number): Failure | null {
    const { userId, person } = Caller.parse(input);
    const caller = userId ?? person?.id;
    const budgets = this.#components?.budgets;
    if (!budgets || caller === undefined || budgets.take(caller, weight)) return null;
    return budgets.refusal(caller);
  }

  async #with<T>(work: (components: ConversationComponents) => T | Promise<T>): Promise<T> {
    return work(await this.ensureLoaded());
  }

  /** Whether anything is stored here. */
  protected get exists(): boolean {
    return this.#components !== undefined;
  }

  /** The conversation; made from D1 where this object has never been used. @throws `not_found` */
  protected async ensureLoaded(): Promise<ConversationComponents> {
    if (this.#components) return this.#components;
    this.#creating ??= this.#create().finally(() => {
      this.#creating = undefined;
    });
    return this.#creating;
  }

  /** @see BackedUp.endRestore */
  async endRestore(): Promise<void> {
    const { storage } = this.ctx;
    if (!isRestoring(storage)) return;
    storage.transactionSync(() => {
      endRestoring(storage);
      migrate(storage, MIGRATIONS);
    });
    this.#components ??= this.#start();
    await this.#jobs.start();
    this.#components.room.resume();
  }

  async #create(): Promise<ConversationComponents> {
    if (isRestoring(this.ctx.storage)) throw beingRestored();
    const id = ConversationId.safeParse(Number(this.ctx.id.name));
    const created = id.success ? await this.#deps.directory.created(id.data) : null;
    if (!created || !id.success) throw noConversation();
    create(this.ctx.storage, id.data, created, this.#deps.timing);
    await this.#jobs.start();
    this.#components ??= this.#start();
    return this.#components;
  }

  #start(): ConversationComponents {
    const room = createRoom(this.ctx.storage, this.#deps, this.#jobs);
    const { inboxes, settings, timing } = this.#deps;
    const budgets = new UserBudgets(this.ctx.storage.sql, settings, timing.userBudgets);
    const sockets = new RoomSockets(this.ctx, this.#deps, room, budgets);
    const registrations = new SessionRegistry(room.state.id, inboxes, sockets, timing.socketRegistry);
    const places = new SocketPlaces(sockets, timing.roomSockets);
    const reads = new CostlyReads(timing.costlyReads);
    return { room, sockets, registrations, places, budgets, reads };
  }
}
