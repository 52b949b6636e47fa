import type { Conversations } from "../list/conversations.ts";
import type { OutboxItem } from "../outbox/item.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Timeline } from "../sync/timeline.ts";

/** Keeps the state of a client between two starts. `parley-client/cache` has one for browsers. */
export interface Keeper {
  /** Gives the list and the outbox what was kept. Called once, before anything else. */
  restore(list: Conversations, outbox: Outbox): Promise<void>;
  /** Gives a timeline its newest messages and its position, if they were kept. @returns whether they were */
  restoreTimeline(timeline: Timeline): Promise<boolean>;
  /** the list has changed, and whatever else was told since the last call */
  listChanged(): void;
  /** a timeline has another position or other messages */
  timelineChanged(timeline: Timeline): void;
  /** an item of the outbox is new or has changed; without `item` it is gone */
  outboxChanged(clientMsgId: string, item: OutboxItem | undefined): void;
  /** Keeps what has changed by now. */
  flush(): Promise<void>;
  /** Forgets everything, as at a logout. */
  clear(): Promise<void>;
}
