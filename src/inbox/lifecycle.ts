import { accountOver, CoreError, type Failure, type Result } from "../domain/errors.ts";
import { type SessionId, UserId } from "../domain/ids.ts";
import { errorFields, log } from "../lib/logger.ts";
import { beingRestored, ObjectBackup } from "../object/backup/object-backup.ts";
import { endRestoring, isRestoring } from "../object/backup/restoring.ts";
import { answer } from "../object/calls/rpc.ts";
import { AlarmJobs } from "../object/jobs/alarm-jobs.ts";
import { jobsOf } from "../object/jobs/job-table.ts";
import { hasSchema, migrate } from "../object/migrations.ts";
import { readOpening, requireSameUser, SocketHost, switchingProtocols } from "../object/socket-host.ts";
import { WEIGHTS } from "../object/user-budgets.ts";
import { takeOverQueue } from "./bot-updates/update-queue.ts";
import { createComponents, type InboxComponents, type InboxDeps } from "./components.ts";
import { DeviceOpening, type DeviceSocket } from "./devices/device-socket.ts";
import { INBOX_JOBS } from "./job-handlers.ts";
import type { InboxJobKind } from "./jobs.ts";
import { MIGRATIONS } from "./migrations.ts";

const GATEWAY_TABLES = ["queue", "updates", "cursors", "reactions"].map((table) => `gateway_${table}`);
/**
 * What a backup leaves out: which room sockets are open, and how far device sockets are. After a restore none
 * is. Push devices, too: who has a backup can not push to them, and a copy of a deployment pushes to nobody.
 * Taps are too old then.
 */
const LEFT_OUT = [
  "sockets",
  "device_cursors",
  "push_devices",
  "push_notices",
  "push_deliveries",
  "taps",
  ...GATEWAY_TABLES,
  "gateway_sessions",
  "gateway_spaces",
];

/**
 * The life cycle of a user's object: start-up, device sockets, alarm. `InboxObject` has its calls.
 */
export abstract class InboxLifecycle extends SocketHost {
  readonly backup: ObjectBackup;
  protected readonly deps: InboxDeps;
  protected readonly jobs: AlarmJobs<InboxJobKind>;
  #components: InboxComponents | undefined;
  /** sockets that are being opened */
  #opening = 0;

  constructor(ctx: DurableObjectState, env: Env, deps: InboxDeps) {
    super(ctx, env, (change) => deps.metrics.count(change, { socket: "device" }));
    this.deps = deps;
    this.backup = new ObjectBackup(ctx.storage, { migrations: MIGRATIONS, leftOut: LEFT_OUT });
    const jobs = jobsOf(INBOX_JOBS, () => this.ensureLoaded());
    this.jobs = new AlarmJobs(ctx.storage, jobs, deps.timing.jobs, (event, job) =>
      deps.metrics.count(event, { object: "inbox", job }),
    );
    if (!hasSchema(ctx.storage) || isRestoring(ctx.storage)) return;
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage, MIGRATIONS);
      this.#components = this.#start();
      await this.jobs.start();
      this.#components.sockets.resume(this.#components.deviceFeed);
    });
  }

  protected override open(request: Request): Promise<Result<Response>> {
    return this.answer((components) => this.#open(components, request));
  }

  async #open(components: InboxComponents, request: Request): Promise<Response> {
    const { subprotocol, ...opening } = readOpening(request, DeviceOpening);
    requireSession(components, opening.sessionId);
    components.sockets.requireCapacity(this.#opening);
    if (opening.gateway) components.gateway.requireCapacity();
    components.budgets.require(opening.userId, WEIGHTS.page);
    this.#opening++;
    try {
      const isFirst = components.sockets.open().length === 0;
      if (isFirst && this.#opening === 1) components.list.beginEpoch();
      // Before `ready`, the user's large groups and recent conversations are subscribed to, and D1 has the
      // user online: a contact who connects after `ready` finds them there.
      await Promise.all([
        // A further device wants to hear at once what the others leave to room sockets.
        components.catchUp.beforeDevice(isFirst, components.deviceFeed.focused()),
        components.presence.socketOpened(),
        opening.gateway && components.gateway.opening(components.callBudget()),
      ]);
      requireSession(components, opening.sessionId);
      this.jobs.schedule("expiry", "", opening.expiresAt);
      components.checkSocketsLater();
      const { 0: client, 1: server } = new WebSocketPair();
      // Counted in the turn in which the socket opens: it gets every later reminder as a frame.
      const dueReminders = components.saved.countDue();
      const socket = components.sockets.accept(server, { ...opening, dueReminders }, components.deviceFeed);
      if (opening.gateway) components.gateway.opened(socket, opening.gateway);
      return switchingProtocols(client, subprotocol);
    } finally {
      this.#opening--;
      components.presence.socketClosed();
    }
  }

  override async webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const components = await this.ensureLoaded();
    const { sockets, deviceFeed, gateway } = components;
    await sockets.frame(ws, data, deviceFeed, {
      renew: (socket, token) => this.#renew(components, socket, token),
      gateway: (socket, command) => gateway.frame(socket, command),
    });
  }

  /**
   * Hands a socket to the session of a newer token.
   * @throws `unauthenticated`, `forbidden` for a token that is not valid, or another user's: nothing changes
   */
  async #renew(components: InboxComponents, socket: DeviceSocket, token: string): Promise<void> {
    const { sessionId, expiresAt, userId } = await this.deps.readToken(token);
    requireSameUser(socket, userId);
    // From here on in one turn: a session that ends later finds the socket.
    requireSession(components, sessionId);
    socket.renew({ sessionId, expiresAt });
    this.jobs.schedule("expiry", "", expiresAt);
    socket.sendEvent({ type: "authed", expiresAt });
  }

  override async alarm(): Promise<void> {
    this.#components?.catchUp.afterStart();
    await this.jobs.run();
  }

  protected override async closed(ws: WebSocket): Promise<void> {
    // If it starts the object, the object has slept: that nothing is lost is stored before the next event.
    const { gateway, list, sockets, presence } = await this.#load();
    const socket = sockets.closed(ws);
    if (socket) gateway.closed(socket);
    if (sockets.open().length === 0) list.endEpoch();
    presence.socketClosed();
  }

  /**
   * Charges a call to the user.
   * @returns the refusal of a user who has nothing left. Before the object is loaded nothing is charged
   */
  charge(weight: number): Failure | null {
    const budgets = this.#components?.budgets;
    if (!budgets) return null;
    const userId = this.userId();
    return budgets.take(userId, weight) ? null : budgets.refusal(userId);
  }

  /** Runs a call once the object is loaded, and answers refusals as data. */
  protected answer<T>(work: (components: InboxComponents) => T | Promise<T>): Promise<Result<T>> {
    return answer(() => this.#with(work));
  }

  async #with<T>(work: (components: InboxComponents) => T | Promise<T>): Promise<T> {
    return work(await this.ensureLoaded());
  }

  /** Whether anything is stored here. */
  protected get exists(): boolean {
    return this.#components !== undefined;
  }

  /** The components, for an event that is not the end of a device socket. @throws `not_found` */
  protected async ensureLoaded(): Promise<InboxComponents> {
    const components = await this.#load();
    components.catchUp.afterStart();
    return components;
  }

  /**
   * The components, made once D1 has confirmed the user: a guessed id makes no object.
   * @throws `not_found`
   */
  async #load(): Promise<InboxComponents> {
    if (this.#components) return this.#components;
    if (isRestoring(this.ctx.storage)) throw beingRestored();
    const registeredAt = await this.deps.directory.registeredAt(this.userId());
    if (registeredAt === null) throw noUser();
    // Another call may have made them meanwhile.
    if (!this.#components) {
      const { storage } = this.ctx;
      storage.transactionSync(() => {
        migrate(storage, MIGRATIONS);
        storage.sql.exec("UPDATE presence SET registered_at = ?", registeredAt);
      });
      this.#components = this.#start();
    }
    return this.#components;
  }

  /**
   * The first call has the inbox answer. Its jobs and a list repair begin with the second one, as they ask
   * conversations, which do not answer yet. The inbox was copied before them: the repair asks each before the
   * call resolves, as far as the calls of an event suffice. So does an inbox that has no copy, if D1 knows
   * conversations of the user.
   * @see BackedUp.endRestore
   */
  async endRestore(): Promise<void> {
    const { storage } = this.ctx;
    if (isRestoring(storage)) {
      storage.transactionSync(() => {
        endRestoring(storage);
        migrate(storage, MIGRATIONS);
        takeOverQueue(storage.sql);
      });
      return;
    }
    if (!hasSchema(storage)) {
      const memberships = await this.deps.directory.memberships(this.userId(), 0, 1);
      if (memberships.length === 0) return;
      storage.transactionSync(() => migrate(storage, MIGRATIONS));
    }
    this.#components ??= this.#start();
    const components = this.#components;
    await this.jobs.start();
    components.catchUp.afterStart();
    if (components.accountDeletion.isDeleted) return;
    // After a crash, or a failure here, the alarm repairs the list.
    this.jobs.schedule("repair", "0", Date.now() + this.deps.timing.jobs.firstRetryMs);
    await components.repair.goOn(0, components.callBudget()).catch((error: unknown) => {
      log("warn", "restored_list_not_repaired", errorFields(error));
    });
  }

  #start(): InboxComponents {
    const components = createComponents({
      ctx: this.ctx,
      deps: this.deps,
      jobs: this.jobs,
      userId: () => this.userId(),
      isOpening: () => this.#opening > 0,
    });
    const { accountDeletion, gateway, list, presence, sessionGate, sockets } = components;
    if (accountDeletion.isDeleted) list.markDeleted();
    // Sessions that ended during an eviction.
    sockets.kick(
      ({ sessionId }) => accountDeletion.isDeleted || sessionGate.isEnded(sessionId),
      "session_ended",
    );
    // A crash closes sockets without an event.
    presence.socketClosed();
    gateway.start();
    return components;
  }

  protected userId(): UserId {
    const id = UserId.safeParse(Number(this.ctx.id.name));
    if (!id.success) throw noUser();
    return id.data;
  }
}

/** @throws `unauthenticated` for an ended session, or a deleted account */
function requireSession({ accountDeletion, sessionGate }: InboxComponents, sessionId: SessionId): void {
  if (accountDeletion.isDeleted) throw accountOver();
  sessionGate.requireActive(sessionId);
}

function noUser(): CoreError {
  return new CoreError("not_found", "There is no such user.");
}
