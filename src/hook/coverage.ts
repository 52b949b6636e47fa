import { CoreError } from "../domain/errors.ts";
import type { ConversationId } from "../domain/ids.ts";
import type { HookId, HookStart } from "../domain/server/hook.ts";
import type { CallBudget } from "../object/concurrency.ts";
import { forEachConcurrent } from "../object/concurrency.ts";

/** D1 and the conversations, as a round needs them. */
export interface CoverageDeps {
  /** The conversations that the hook is told of, after an id, ascending; null: there is no such hook. */
  conversations(id: HookId, after: number, limit: number): Promise<CoveredPage | null>;
  /** Tells a conversation of the hook. @throws `not_found` */
  cover(id: ConversationId, input: HookStart): Promise<unknown>;
}

/** Some conversations of a hook, and whether it is asked before a message is stored. */
interface CoveredPage {
  ids: ConversationId[];
  isGate: boolean;
}

/** What the conversations are told. */
export interface Round {
  /** ms since 1970 */
  since: number;
  isReplay: boolean;
}

type Row = { after: number; since: number; is_replay: number };

/** The conversations that are called at once, and one after the other before the place is stored. */
const AT_ONCE = 20;
const PAGE = 100;

/**
 * Tells the conversations of a hook, in rounds. A conversation keeps what it was told, so that no message
 * asks for hooks. One that is made meanwhile learns of the hook as it is made.
 */
export class Coverage {
  readonly #sql: SqlStorage;
  readonly #deps: CoverageDeps;
  /** rises with each round that begins */
  #round = 0;

  constructor(sql: SqlStorage, deps: CoverageDeps) {
    this.#sql = sql;
    this.#deps = deps;
  }

  /** Begins a round, which includes one that is under way. */
  begin({ since, isReplay }: Round): void {
    const current = this.#current;
    this.#round++;
    this.#sql.exec(
      "INSERT OR REPLACE INTO coverage (id, after, since, is_replay) VALUES (1, 0, ?, ?)",
      Math.min(since, current?.since ?? since),
      Number(isReplay || current?.is_replay === 1),
    );
  }

  /**
   * Tells further conversations. A failure is thrown: the same ones are told again.
   * @returns whether the round is over
   */
  async goOn(id: HookId, calls: CallBudget): Promise<boolean> {
    const current = this.#current;
    if (!current) return true;
    const round = this.#round;
    const { since } = current;
    const limit = calls.take(PAGE);
    if (limit === 0) return false;
    const page = await this.#deps.conversations(id, current.after, limit);
    const { ids, isGate } = page ?? { ids: [], isGate: false };
    const input = { id, since, isReplay: current.is_replay === 1, isGate };
    await forEachConcurrent(AT_ONCE, ids, async (conversation) => {
      try {
        await this.#deps.cover(conversation, input);
      } catch (error) {
        if (!(error instanceof CoreError && error.code === "not_found")) throw error;
      }
    });
    if (round !== this.#round) return false;
    const last = ids.at(-1);
    if (last === undefined) this.#sql.exec("DELETE FROM coverage");
    else this.#sql.exec("UPDATE coverage SET after = ?", last);
    return last === undefined;
  }

  get #current(): Row | null {
    return this.#sql.exec<Row>("SELECT after, since, is_replay FROM coverage").toArray()[0] ?? null;
  }
}
