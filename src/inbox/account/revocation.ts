import { z } from "zod";
import type { UserId } from "../../domain/ids.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import { type CallBudget, forEachConcurrent } from "../../object/concurrency.ts";

/** Conversations in one turn of the job, and those of them that are called at once. */
const PAGE = 100;
const MAX_CONCURRENT = 8;

/** Since when (ms since 1970), and the conversation up to which the job has come. */
const Key = z.tuple([z.int(), z.int()]);

interface RevocationDeps {
  directory: Pick<UserDirectory, "memberships">;
  conversations: Pick<Conversations, "revokeSince">;
  /** has the alarm call `goOn` with this key */
  schedule(key: string, due: number): void;
  userId(): UserId;
}

/** The revoke of all that the user has sent since a time, in each conversation that they ever were in. */
export class Revocation {
  readonly #deps: RevocationDeps;

  constructor(deps: RevocationDeps) {
    this.#deps = deps;
  }

  /** Begins. The alarm carries it out. Idempotent. */
  begin(since: number): void {
    this.#deps.schedule(JSON.stringify([since, 0]), Date.now());
  }

  /**
   * The `revocation` job: one page of conversations. A page that fails is tried again as a whole.
   * @returns null: this key is done, and the next page has a key of its own. Without calls left: now again
   */
  async goOn(key: string, calls: CallBudget): Promise<number | null> {
    const { conversations, directory, schedule, userId } = this.#deps;
    const [since, after] = Key.parse(JSON.parse(key));
    const limit = calls.take(PAGE);
    if (limit === 0) return Date.now();
    const ids = (await directory.memberships(userId(), after, limit)).map((one) => one.conversationId);
    await forEachConcurrent(MAX_CONCURRENT, ids, async (id) => {
      await conversations.revokeSince(id, { userId: userId(), since });
    });
    const last = ids.at(-1);
    if (last !== undefined) schedule(JSON.stringify([since, last]), Date.now());
    return null;
  }
}
