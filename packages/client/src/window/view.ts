import type { Problem } from "../api/problem.ts";
import type { OutboxItem } from "../outbox/item.ts";
import type { Message } from "../types.ts";

/** What a window shows. A view never changes: a change makes another. */
export interface WindowView {
  /** in the order of `seq`, without a gap */
  readonly messages: readonly Message[];
  /** what the user has sent and is not among the messages yet, to show behind them */
  readonly pending: readonly OutboxItem[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly isLoading: boolean;
  /** why the last load has failed; `not_found`: the user is not in the conversation, or not any more */
  readonly problem: Problem | undefined;
}
