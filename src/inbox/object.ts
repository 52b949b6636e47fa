import { DurableObject } from "cloudflare:workers";
import type { Bump, InboxEntry, ListPosition } from "../core/bump.ts";
import { CoreError, type Result } from "../core/errors.ts";
import { ConversationId, SessionId, UserId } from "../core/ids.ts";
import type { Conversations, EndedSession, SocketRegistration, UserDirectory } from "../core/ports.ts";
import { withDeadline } from "../object/deadline.ts";
import { Jobs } from "../object/jobs.ts";
import { hasSchema, migrate } from "../object/migrations.ts";
import { answer } from "../object/stub.ts";
import { Endings } from "./endings.ts";
import { Farewell } from "./farewell.ts";
import { Gate } from "./gate.ts";
import { List } from "./list.ts";
import { LIVELY_MS, Lively, MAX_LIVELY } from "./lively.ts";
import { MIGRATIONS } from "./migrations.ts";

/** How long a user stays online after his last socket has closed: a reconnect is no absence. */
const GRACE_MS = 5_000;
/** How often the gate asks whether sockets of which it has heard nothing are still open. */
const CHECK_MS = 15 * 60_000;

/** How long a list waits for a conversation in which something goes on. */
const SNAPSHOT_MS = 300;

/** What an inbox needs from outside; `src/index.ts` hands it in. */
export interface InboxDeps {
  directory: UserDirectory;
  conversations: Conversations;
}

type JobKind = "kick" | "sweep" | "sockets" | "online" | "endings" | "farewell" | "leave";

/** One user: the gate of his sockets, his list of conversations, whether he is online. */
export abstract class InboxObject extends DurableObject<Env> {
  readonly #deps: InboxDeps;
  readonly #jobs: Jobs<JobKind>;
  readonly #gate: Gate;
  readonly #endings: Endings;
  readonly #farewell: Farewell;
  readonly #list: List;
  readonly #lively = new Lively();
  #exists: boolean;

  constructor(ctx: DurableObjectState, env: Env, deps: InboxDeps) {
    super(ctx, env);
    this.#deps = deps;
    this.#gate = new Gate(ctx.storage.sql, deps.conversations);
    this.#list = new List(ctx.storage.sql);
    this.#jobs = new Jobs(ctx.storage, {
      kick: (key) => this.#kick(SessionId.parse(key)),
      sweep: async () => this.#gate.sweep(Date.now()),
      sockets: () => this.#checkSockets(),
      online: () => this.#projectOnline(),
      endings: () => this.#lookUpEndings(),
      farewell: () => this.#lookUpFarewell(),
      leave: (key) => this.#leave(ConversationId.parse(Number(key))),
    });
    this.#farewell = new Farewell(ctx.storage.sql, this.#jobs, { ...deps, userId: () => this.#userId() });
    this.#endings = new Endings(this.#gate, this.#jobs, (sessionId) => this.#kick(sessionId));
    this.#exists = hasSchema(ctx.storage);
    if (!this.#exists) return;
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage, MIGRATIONS);
      // What an eviction or a crash took out of memory: who wrote a moment ago may have more to tell.
      for (const id of this.#list.since(Date.now() - LIVELY_MS, MAX_LIVELY)) this.#lively.note(id);
      await this.#jobs.start();
    });
  }

  /** Takes a conversation's snapshot. Idempotent, in any order. @throws `not_found` for an unknown user */
  bump(input: Bump): Promise<Result<null>> {
    return this.#answer(() => {
      if (this.#farewell.isGone) return null;
      this.#list.take(input);
      this.#lively.note(input.conversationId);
      return null;
    });
  }

  /** Notes a socket that is about to open in a conversation. @throws `unauthenticated` for an ended session */
  register(input: SocketRegistration): Promise<Result<null>> {
    return this.#answer(() => {
      if (this.#farewell.isGone)
        throw new CoreError("unauthenticated", "This account does not exist any more.");
      this.#gate.register(input);
      // Every socket but the first finds this done: no rows for it.
      if (!this.#isShownOnline() || this.#jobs.has("online", ""))
        this.#jobs.schedule("online", "", Date.now());
      this.#jobs.schedule("sockets", "", Date.now() + CHECK_MS);
      return null;
    });
  }

  /** The last socket of a session in a conversation has closed. */
  unregister(input: SocketRegistration): Promise<Result<null>> {
    return this.#answer(() => {
      this.#gate.unregister(input);
      this.#left();
      return null;
    });
  }

  /** Ends a session: closes its sockets, refuses new ones until its tokens have expired. Idempotent. */
  endSession(input: EndedSession): Promise<Result<null>> {
    return this.#answer(async () => {
      await this.#endings.end([input]);
      return null;
    });
  }

  /** D1 may be about to end sessions; `endSessions` with this token is to follow, else a job looks there. */
  endingSessions(input: { token: string }): Promise<Result<null>> {
    return this.#answer(() => {
      this.#endings.announce(input.token);
      return null;
    });
  }

  /** Ends the sessions which D1 has ended, as was announced with this token. Idempotent. */
  endSessions(input: { token: string; sessions: EndedSession[] }): Promise<Result<null>> {
    return this.#answer(async () => {
      await this.#endings.end(input.sessions);
      this.#endings.settle(input.token);
      return null;
    });
  }

  /** D1 may be about to delete the account; `farewell` with this token is to follow, else a job looks there. */
  leaving(input: { token: string }): Promise<Result<null>> {
    return this.#answer(() => {
      this.#farewell.announce(input.token);
      return null;
    });
  }

  /**
   * The account is deleted in D1, as was announced with this token: closes all sockets, refuses new ones,
   * forgets what is kept here, and has the user taken out of every conversation. One try of some seconds
   * before this resolves; jobs go on with the rest. Idempotent.
   */
  farewell(input: { token: string }): Promise<Result<null>> {
    return this.#answer(async () => {
      const left = await this.#go();
      this.#farewell.settle(input.token);
      await this.#farewell.tryAll(left);
      return null;
    });
  }

  /** A page of the user's conversations, sticky ones first, then newest activity. */
  list(input: { limit: number; after?: ListPosition }): Promise<Result<InboxEntry[]>> {
    return this.#answer(async () => {
      await this.#askLively();
      return this.#list.page(input.limit, input.after);
    });
  }

  /** Copies the member's own flag, which D1 keeps: it cuts the pages of the list. */
  stick(input: { conversationId: ConversationId; sticky: boolean }): Promise<Result<null>> {
    return this.#answer(() => {
      this.#list.stick(input.conversationId, input.sticky);
      return null;
    });
  }

  override async alarm(): Promise<void> {
    await this.#jobs.run();
  }

  async #kick(sessionId: SessionId): Promise<null> {
    // Once its tokens have expired there is nothing left to close.
    if (this.#farewell.isGone || this.#gate.isEnded(sessionId)) await this.#gate.kick(sessionId);
    this.#left();
    return null;
  }

  async #lookUpEndings(): Promise<null> {
    await this.#endings.end(await this.#deps.directory.endedSessions(this.#userId()));
    return null;
  }

  async #lookUpFarewell(): Promise<null> {
    if (await this.#farewell.isDue()) await this.#go();
    return null;
  }

  async #leave(id: ConversationId): Promise<null> {
    await this.#farewell.leave(id);
    return null;
  }

  /** @returns the conversations to leave, each noted as a job */
  async #go(): Promise<ConversationId[]> {
    this.#farewell.forget();
    const [left] = await Promise.all([this.#farewell.noteAll(), this.#endings.endAll()]);
    return left;
  }

  async #checkSockets(): Promise<number | null> {
    await this.#gate.forgetLost();
    this.#left();
    return this.#gate.hasSockets() ? Date.now() + CHECK_MS : null;
  }

  #left(): void {
    if (!this.#gate.hasSockets()) this.#jobs.schedule("online", "", Date.now() + GRACE_MS);
  }

  /** Takes the newest of conversations in which something goes on; one that does not answer stays as known. */
  async #askLively(): Promise<void> {
    const { conversations } = this.#deps;
    const asked = this.#lively
      .now()
      .map((id) => withDeadline(conversations.snapshot(id, this.#userId()), SNAPSHOT_MS));
    for (const answered of await Promise.allSettled(asked)) {
      // What was on its way when the account was deleted leaves nothing here.
      if (answered.status === "fulfilled" && !this.#farewell.isGone) this.#list.take(answered.value);
    }
  }

  async #projectOnline(): Promise<null> {
    const online = !this.#farewell.isGone && this.#gate.hasSockets();
    if (online === this.#isShownOnline()) return null;
    await this.#deps.directory.setOnline(this.#userId(), online);
    this.ctx.storage.sql.exec("UPDATE presence SET online = ?", online ? 1 : 0);
    return null;
  }

  /** What D1 was told last. */
  #isShownOnline(): boolean {
    return this.ctx.storage.sql.exec<{ online: number }>("SELECT online FROM presence").one().online === 1;
  }

  #answer<T>(work: () => T | Promise<T>): Promise<Result<T>> {
    return answer(async () => {
      if (!this.#exists) await this.#create();
      return work();
    });
  }

  /** Makes the tables once D1 has confirmed the user: guessed ids make no objects. @throws `not_found` */
  async #create(): Promise<void> {
    if (!(await this.#deps.directory.exists(this.#userId()))) throw noUser();
    if (this.#exists) return;
    this.ctx.storage.transactionSync(() => migrate(this.ctx.storage, MIGRATIONS));
    this.#exists = true;
  }

  #userId(): UserId {
    const id = UserId.safeParse(Number(this.ctx.id.name));
    if (!id.success) throw noUser();
    return id.data;
  }
}

function noUser(): CoreError {
  return new CoreError("not_found", "There is no such user.");
}
