import type { Failure, Result } from "../../../domain/errors.ts";
import { ConversationId } from "../../../domain/ids.ts";
import type { Inboxes } from "../../../domain/ports.ts";
import { answer } from "../../../object/calls/rpc.ts";
import { AlarmJobs, JOBS_TABLE } from "../../../object/jobs/alarm-jobs.ts";
import { jobsOf } from "../../../object/jobs/job-table.ts";
import { hasSchema, type Migration, migrate } from "../../../object/migrations.ts";
import {
  readOpening,
  requireSameUser,
  SocketHost,
  switchingProtocols,
  type TokenReader,
} from "../../../object/socket-host.ts";
import { DEBTS_TABLE, UserBudgets, WEIGHTS } from "../../../object/user-budgets.ts";
import { RoomOpening } from "../../sockets/room-opening.ts";
import type { RoomRenewal } from "../../sockets/room-sockets.ts";
import { SessionRegistry } from "../../sockets/session-registry.ts";
import { SocketPlaces } from "../../sockets/socket-places.ts";
import { type RelayId, RelayNumber } from "../relay-update.ts";
import { POSITION_TABLE } from "./position-store.ts";
import { RelaySockets, type RelaySocketsDeps } from "./relay-sockets.ts";

/** The schema of a relay, as steps. Append-only: a released step never changes. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, minCode: 1, sql: [POSITION_TABLE, DEBTS_TABLE, JOBS_TABLE].join("\n") },
];

/** What a relay needs from outside; `src/worker.ts` hands it in. */
export interface RelayDeps extends RelaySocketsDeps {
  inboxes: Pick<Inboxes, "register">;
  readToken: TokenReader;
}

/** The parts of a relay. */
export interface RelayComponents {
  sockets: RelaySockets;
  registrations: SessionRegistry;
  places: SocketPlaces;
  budgets: UserBudgets;
}

/** The life cycle of a relay's object. `RelayObject` has its calls. */
export abstract class RelayLifecycle extends SocketHost {
  readonly #deps: RelayDeps;
  readonly #jobs: AlarmJobs<"expiry">;
  #components: RelayComponents | undefined;

  constructor(ctx: DurableObjectState, env: Env, deps: RelayDeps) {
    super(ctx, env, (change) => deps.metrics.count(change, { socket: "relay" }));
    this.#deps = deps;
    const expire = ({ sockets }: RelayComponents) => {
      const now = Date.now();
      sockets.kick((socket) => socket.expiresAt <= now, "token_expired");
      return sockets.nextExpiry();
    };
    const jobs = jobsOf({ expiry: expire }, async () => this.load());
    this.#jobs = new AlarmJobs(ctx.storage, jobs, deps.timing.jobs, (event, job) =>
      deps.metrics.count(event, { object: "relay", job }),
    );
    // A relay that was never used makes its tables with its first socket.
    if (!hasSchema(ctx.storage)) return;
    void ctx.blockConcurrencyWhile(async () => {
      this.load();
      await this.#jobs.start();
    });
  }

  /** The parts, made when they are first needed. */
  load(): RelayComponents {
    if (this.#components) return this.#components;
    const { ctx } = this;
    const deps = this.#deps;
    migrate(ctx.storage, MIGRATIONS);
    const budgets = new UserBudgets(ctx.storage.sql, deps.settings, deps.timing.userBudgets);
    const sockets = new RelaySockets(ctx, this.#id, deps, budgets);
    this.#components = {
      ...{ sockets, budgets },
      registrations: new SessionRegistry(
        this.#id.conversationId,
        {
          register: (...input) => deps.inboxes.register(...input),
          // The conversation may have a socket of the session, too.
          unregister: (userId, { conversationId, sessionId }) =>
            deps.conversations.unregisterForRelay(conversationId, {
              userId,
              sessionId,
              users: sockets.userCount,
            }),
        },
        sockets,
        deps.timing.socketRegistry,
      ),
      places: new SocketPlaces(sockets, deps.timing.roomSockets),
    };
    return this.#components;
  }

  protected override open(request: Request): Promise<Result<Response>> {
    return answer(() => this.#open(request));
  }

  async #open(request: Request): Promise<Response> {
    const { subprotocol, ...opening } = readOpening(request, RoomOpening);
    const { sockets, registrations, places, budgets } = this.load();
    const { userId, sessionId } = opening;
    budgets.require(userId, WEIGHTS.page);
    this.#jobs.schedule("expiry", "", opening.expiresAt);
    const { 0: client, 1: server } = new WebSocketPair();
    const ticket = sockets.begin();
    try {
      await places.take(userId, async () => {
        const { conversationId } = this.#id;
        const users = sockets.userCount + (sockets.countOf(userId) === 0 ? 1 : 0);
        const opener = { userId, sessionId, users };
        const ready = await this.#deps.conversations.openForRelay(conversationId, opener);
        await registrations.open(userId, sessionId, () => sockets.open(server, opening, ready, ticket));
      });
    } finally {
      sockets.end(ticket);
    }
    return switchingProtocols(client, subprotocol);
  }

  override async webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const renewal = this.load().sockets.handleFrame(ws, data);
    if (renewal) await this.#renew(renewal);
  }

  /** @see ConversationLifecycle */
  async #renew({ socket, token }: RoomRenewal): Promise<void> {
    const { sockets, registrations } = this.load();
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
    const { sockets, registrations } = this.load();
    const socket = sockets.remove(ws);
    if (socket) await registrations.closed(socket.userId, socket.sessionId);
  }

  /** Calls of a relay are those of its conversation, which no user pays for. */
  charge(): Failure | null {
    return null;
  }

  get #id(): RelayId {
    const [conversation, relay] = (this.ctx.id.name ?? "").split("-").map(Number);
    return { conversationId: ConversationId.parse(conversation), relay: RelayNumber.parse(relay) };
  }
}
