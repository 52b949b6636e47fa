import { z } from "zod";
import { type Failure, noConversation, type Result } from "../domain/errors.ts";
import { ConversationId, type SessionId, UserId } from "../domain/ids.ts";
import { beingRestored } from "../object/backup/object-backup.ts";
import { endRestoring, isRestoring } from "../object/backup/restoring.ts";
import { whenLoaded } from "../object/calls/not-loaded.ts";
import { answer } from "../object/calls/rpc.ts";
import { AlarmJobs } from "../object/jobs/alarm-jobs.ts";
import { jobsOf } from "../object/jobs/job-table.ts";
import { hasSchema, migrate } from "../object/migrations.ts";
import { readOpening, requireSameUser, SocketHost, switchingProtocols } from "../object/socket-host.ts";
import { WEIGHTS } from "../object/user-budgets.ts";
import { ConversationBackup } from "./backup/conversation-backup.ts";
import { type ConversationComponents, type ConversationDeps, createComponents } from "./components.ts";
import { create } from "./create.ts";
import { CONVERSATION_JOBS } from "./job-handlers.ts";
import type { ConversationJobKind } from "./jobs.ts";
import { MIGRATIONS } from "./migrations.ts";
import { inRelay } from "./relays/placement.ts";
import { RoomOpening } from "./sockets/room-opening.ts";
import type { RoomRenewal } from "./sockets/room-sockets.ts";
import { replayPage } from "./views/replay-page.ts";

/** What names the user of a call. */
const Caller = z.object({ userId: UserId.optional(), person: z.object({ id: UserId }).nullish() });

/** Followers and users with sockets are known without. */
const NO_USERS: readonly UserId[] = [];

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
    this.backup = new ConversationBackup(ctx.storage, () => this.#components?.room.log.archives.bodies);
    const jobs = jobsOf(CONVERSATION_JOBS, () => this.loadFor({}));
    this.#jobs = new AlarmJobs(ctx.storage, jobs, deps.timing.jobs, (event, job) =>
      deps.metrics.count(event, { object: "conversation", job }),
    );
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
    const components = await this.loadFor(opening);
    const { room } = components;
    const { userId, after, rev, threads } = opening;
    const reader = room.viewers.reader(userId);
    components.budgets.require(userId, WEIGHTS.page);
    const { config, sockets } = components;
    const hasRelays = !room.channel && (room.members.isCrowd || room.viewers.isAudienceRoom);
    if (hasRelays && sockets.size >= config.settings.maxLiveMembers) return inRelay(userId);
    // The first page is rendered again when the socket opens, in one turn: its profiles are refreshed here.
    const scope = threads ? "all" : "main";
    await whenLoaded(() =>
      room.profiles.fresh(() => after !== undefined && replayPage(room, reader, { after, rev, scope })),
    );
    const { 0: client, 1: server } = new WebSocketPair();
    this.#jobs.schedule("expiry", "", opening.expiresAt);
    await components.places.take(userId, () =>
      components.registrations.open(userId, opening.sessionId, () =>
        components.sockets.open(server, opening, components.viewerCount.with(userId)),
      ),
    );
    components.viewerCount.changed();
    return switchingProtocols(client, subprotocol);
  }

  override async webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const components = this.#components ?? (await this.ensureLoaded());
    const { channel } = components.room;
    if (channel && !channel.isReady(NO_USERS)) {
      try {
        await channel.ready(NO_USERS);
      } catch (error) {
        // What it sent is answered by nobody: its client sends it again.
        components.sockets.lost(ws, error);
        return;
      }
    }
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
      if (former !== null && former !== sessionId) await this.#unregister(userId, former);
    } catch (error) {
      sockets.failed(socket, error);
    }
  }

  override async alarm(): Promise<void> {
    await this.#jobs.run();
  }

  protected override async closed(ws: WebSocket): Promise<void> {
    const { sockets, viewerCount } = await this.ensureLoaded();
    const socket = sockets.remove(ws);
    viewerCount.changed();
    if (socket) await this.#unregister(socket.userId, socket.sessionId);
  }

  /** Unregisters a session without a socket here, unless it has one in a relay. */
  async #unregister(userId: UserId, sessionId: SessionId): Promise<void> {
    const { registrations, relays } = await this.ensureLoaded();
    if (await relays.hasSession(userId, sessionId)) return;
    await registrations.closed(userId, sessionId);
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

  /**
   * The conversation for a call of a user, or for a job. Of a channel it is known then who may read it.
   * @param input names the user, if there is one
   */
  protected async loadFor(input: unknown): Promise<ConversationComponents> {
    const components = this.#components ?? (await this.ensureLoaded());
    const { channel } = components.room;
    if (!channel) return components;
    const { userId, person } = Caller.safeParse(input).data ?? {};
    const caller = userId ?? person?.id;
    await channel.ready(caller === undefined ? NO_USERS : [caller]);
    return components;
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
    return createComponents(this.ctx, this.#deps, this.#jobs);
  }
}
