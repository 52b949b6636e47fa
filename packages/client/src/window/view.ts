import type { Problem } from "../api/problem.ts";
import type { OutboxItem } from "../outbox/item.ts";
import type { Run } from "../sync/stream.ts";
import type { Message } from "../types.ts";

/** What a window shows. A view never changes: a change makes another. */
export interface WindowView {
  /** in the order of `seq`, without a gap but those in `gaps` */
  readonly messages: readonly Message[];
  /** what the user has sent and is not among the messages yet, to show behind them */
  readonly pending: readonly OutboxItem[];
  /**
   * Where the server has left out messages, as more come than anybody reads: some of these places are among
   * `messages`, and `rest` loads the others. Empty as a rule
   */
  readonly gaps: readonly Run[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly isLoading: boolean;
  /** why the last load has failed; `not_found`: the user is not in the conversation, or not any more */
  readonly problem: Problem | undefined;
}
