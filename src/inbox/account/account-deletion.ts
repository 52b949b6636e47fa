import { z } from "zod";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { withDeadline } from "../../object/deadline.ts";
import { membershipPages } from "./membership-pages.ts";

/** How many conversations are asked at once. */
const MAX_CONCURRENT = 8;
/** What an inbox keeps once its user is gone: that he is, and what is still to be done. */
const SURVIVING_TABLES = ["schema_versions", "jobs", "presence", "ended_sessions", "sockets"];

const Tables = z.array(z.object({ name: z.string() }));

/** What is done later for it. */
interface Scheduler {
  schedule(kind: "farewell" | "leave", key: string, due: number): void;
  cancel(kind: "farewell" | "leave", key: string): void;
}

interface AccountDeletionDeps {
  directory: Pick<UserDirectory, "isDeleted" | "memberships">;
  conversations: Pick<Conversations, "removeDeleted">;
  timing: Pick<Timing, "accountEnd">;
  userId(): UserId;
}

/**
 * The end of an account, as its inbox sees it. D1 says whether the user is gone; then the inbox forgets
 * what it knows, and goes on asking each conversation which he ever was in to take him out until it has.
 */
export class AccountDeletion {
  readonly #sql: SqlStorage;
  readonly #jobs: Scheduler;
  readonly #deps: AccountDeletionDeps;
  #deleted: boolean | undefined;

  constructor(sql: SqlStorage, jobs: Scheduler, deps: AccountDeletionDeps) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /** Nothing is taken for him any more, and no socket of his opens. */
  get isDeleted(): boolean {
    this.#deleted ??= this.#sql.exec<{ gone: number }>("SELECT gone FROM presence").one().gone === 1;
    return this.#deleted;
  }

  /** D1 may be about to delete the account: if nobody comes back to tell, a job looks there. */
  announce(token: string): void {
    this.#jobs.schedule("farewell", token, Date.now() + this.#deps.timing.accountEnd.lookupMs);
  }

  /** The `farewell` job. @returns whether the account is deleted: then it is time to `go` */
  isDue(): Promise<boolean> {
    return this.#deps.directory.isDeleted(this.#deps.userId());
  }

  /** Empties the inbox, for good. */
  forget(): void {
    this.#sql.exec("UPDATE presence SET gone = 1, online = 0");
    this.#deleted = true;
    const query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'";
    for (const { name } of Tables.parse(this.#sql.exec(query).toArray())) {
      if (!SURVIVING_TABLES.includes(name)) this.#sql.exec(`DELETE FROM "${name}"`);
    }
  }

  /** Notes each conversation that he ever was in as one to leave: others still show his profile. */
  async storeMemberships(): Promise<ConversationId[]> {
    const noted: ConversationId[] = [];
    for await (const page of membershipPages(this.#deps.directory, this.#deps.userId())) {
      for (const { conversationId } of page) {
        const due = Date.now() + this.#deps.timing.accountEnd.retryMs;
        this.#jobs.schedule("leave", String(conversationId), due);
        noted.push(conversationId);
      }
    }
    return noted;
  }

  /** Nothing is left to be looked up of what was announced: all is noted. */
  confirm(token: string): void {
    this.#jobs.cancel("farewell", token);
  }

  /** One try to leave all of these, for some seconds; the jobs go on with the others. */
  async tryAll(ids: ConversationId[]): Promise<void> {
    const { budgetMs } = this.#deps.timing.accountEnd;
    const until = Date.now() + budgetMs;
    const left = forEachConcurrent(MAX_CONCURRENT, ids, async (id) => {
      if (Date.now() > until) return;
      await this.leaveConversation(id).then(
        () => this.#jobs.cancel("leave", String(id)),
        () => undefined,
      );
    });
    await withDeadline(left, budgetMs).catch(() => undefined);
  }

  /** The `leave` job. @throws until the conversation has confirmed */
  async leaveConversation(id: ConversationId): Promise<void> {
    const { conversations, timing, userId } = this.#deps;
    await withDeadline(
      conversations.removeDeleted(id, { userId: userId() }),
      timing.accountEnd.callTimeoutMs,
    );
  }
}
