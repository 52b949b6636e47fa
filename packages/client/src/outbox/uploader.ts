import type { Api } from "../api/api.ts";
import type { OutboxItem } from "./item.ts";

/**
 * Uploads the files of messages, before they are sent. `parley-client/uploads` has one. One of your own is
 * asked to find out whom a message mentions, too, if you send any with `mentions: "later"`.
 */
export interface Uploader {
  /**
   * An item of the outbox is new or has changed; without `item` it is gone, and its upload ends. An item with
   * a file, or with `mentions: "later"`, waits until `change` takes the file away and gives the message its
   * address and mentions, or makes it fail.
   */
  outboxChanged(
    clientMsgId: string,
    item: OutboxItem | undefined,
    change: (fields: Partial<OutboxItem>) => void,
    api: Api,
  ): void;
}
