import { z } from "zod";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Conversations, DeletedUser, OwnMembership, UserDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { type CallBudget, forEachConcurrent } from "../../object/concurrency.ts";
import type { ReleasedFiles } from "../../object/files/released-files.ts";

/** Conversations that are called at once. */
const MAX_CONCURRENT = 8;
/** The tables that survive the deletion: that the account is deleted, and the work that is outstanding. */
const SURVIVING_TABLES = ["schema_versions", "jobs", "presence", "ended_sessions", "sockets"];

const Tables = z.array(z.object({ name: z.string() }));

/** `erase`: leaves a conversation, and has the messages erased there. */
type DeletionJob = "deletion_lookup" | "leave" | "erase";

/** The alarm jobs of a deletion. */
interface Scheduler {
  schedule(kind: DeletionJob, key: string, due: number): void;
  cancel(kind: DeletionJob, key: string): void;
}

interface AccountDeletionDeps {
  directory: Pick<UserDirectory, "deleted" | "memberships">;
  conversations: Pick<Conversations, "removeDeleted">;
  timing: Pick<Timing, "accountDeletion">;
  userId(): UserId;
}

/**
 * The deletion of an account, as its inbox carries it out. D1 decides whether the account is deleted. Then
 * the inbox empties itself and calls each conversation that the user ever was in, until the conversation has
 * removed them.
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

  /** Whether the account is deleted: the inbox then takes no updates and opens no sockets. */
  get isDeleted(): boolean {
    this.#deleted ??= this.#sql.exec<{ gone: number }>("SELECT gone FROM presence").one().gone === 1;
    return this.#deleted;
  }

  /**
   * Prepares a deletion that D1 may be about to commit. Unless `confirm` follows with the same token, a job
   * looks up in D1 what became of it.
   */
  prepare(token: string): void {
    this.#jobs.schedule("deletion_lookup", token, Date.now() + this.#deps.timing.accountDeletion.lookupMs);
  }

  /**
   * The lookup of the `deletion_lookup` job.
   * @returns null: D1 has not deleted the account. Otherwise the inbox is to be emptied
   */
  deletedInD1(): Promise<DeletedUser | null> {
    return this.#deps.directory.deleted(this.#deps.userId());
  }

  /** Empties the inbox for good, and keeps the tables that outstanding work needs. Idempotent. */
  erase(): void {
    this.#sql.exec("UPDATE presence SET gone = 1, online = 0");
    this.#deleted = true;
    const query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'";
    for (const { name } of Tables.parse(this.#sql.exec(query).toArray())) {
      if (!SURVIVING_TABLES.includes(name)) this.#sql.exec(`DELETE FROM "${name}"`);
    }
  }

  /**
   * Schedules a job for each conversation that the user ever was in: other members still see their profile.
   * @param erases the messages are to be erased, too
   * @returns the ids of these conversations
   */
  async storeMemberships(erases: boolean): Promise<ConversationId[]> {
    const conversationIds: ConversationId[] = [];
    for await (const page of membershipPages(this.#deps.directory, this.#deps.userId())) {
      for (const { conversationId } of page) {
        const due = Date.now() + this.#deps.timing.accountDeletion.retryMs;
        this.#jobs.schedule(jobOf(erases), String(conversationId), due);
        conversationIds.push(conversationId);
      }
    }
    return conversationIds;
  }

  /** Cancels the lookup of a prepared deletion, once all its jobs are stored. */
  confirm(token: string): void {
    this.#jobs.cancel("deletion_lookup", token);
  }

  /**
   * Tries once to leave these conversations, for `budgetMs` at most and as far as the calls suffice. Jobs
   * retry those that were not reached.
   */
  async tryAll(ids: ConversationId[], erases: boolean, calls: CallBudget): Promise<void> {
    const { budgetMs } = this.#deps.timing.accountDeletion;
    const until = Date.now() + budgetMs;
    const reached = ids.slice(0, calls.take(ids.length));
    const attempts = forEachConcurrent(MAX_CONCURRENT, reached, async (id) => {
      if (Date.now() > until) return;
      await this.leaveConversation(id, erases).then(
        () => this.#jobs.cancel(jobOf(erases), String(id)),
        () => undefined,
      );
    });
    await withDeadline(attempts, budgetMs).catch(() => undefined);
  }

  /** The `leave` and `erase` jobs. @throws unless the conversation confirms within `callTimeoutMs` */
  async leaveConversation(id: ConversationId, erases: boolean): Promise<void> {
    const { conversations, timing, userId } = this.#deps;
    await withDeadline(
      conversations.removeDeleted(id, { userId: userId(), erases }),
      timing.accountDeletion.callTimeoutMs,
    );
  }
}

function jobOf(erases: boolean): DeletionJob {
  return erases ? "erase" : "leave";
}

/** Memberships per query. */
const PAGE = 1_000;

/**
 * Reads from D1 all conversations in which a user is or was a member, or is a known user.
 * @returns pages of 1,000 at most, by rising conversation id
 */
async function* membershipPages(
  directory: Pick<UserDirectory, "memberships">,
  userId: UserId,
): AsyncGenerator<OwnMembership[]> {
  for (let after = 0, more = true; more; ) {
    const page = await directory.memberships(userId, after, PAGE);
    yield page;
    after = page.at(-1)?.conversationId ?? after;
    more = page.length === PAGE;
  }
}

/** The alarm job of the files of a deleted account. */
interface FilesScheduler {
  schedule(kind: "own_files", key: string, due: number): void;
}

interface OwnFilesDeps {
  directory: Pick<UserDirectory, "releaseFilesOf">;
  released: Pick<ReleasedFiles, "add">;
  userId(): UserId;
}

/**
 * The files of a user whose account is deleted: those that nothing shows are deleted. Conversations look
 * after what they erase.
 */
export class OwnFiles {
  readonly #jobs: FilesScheduler;
  readonly #deps: OwnFilesDeps;

  constructor(jobs: FilesScheduler, deps: OwnFilesDeps) {
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /** Has the alarm look through the files. Call it once D1 has deleted the account. */
  deleteAll(): void {
    this.#jobs.schedule("own_files", "", Date.now());
  }

  /** The `own_files` job, 500 files at once. @param after the file up to which it has come, or `""` */
  async release(after: string): Promise<null> {
    const { directory, released, userId } = this.#deps;
    const page = await directory.releaseFilesOf(userId(), after);
    released.add(page.released);
    if (page.last !== null) this.#jobs.schedule("own_files", page.last, Date.now());
    return null;
  }
}
