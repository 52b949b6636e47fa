import type { Api } from "../api/api.ts";
import type { NewMessage } from "../types.ts";
import type { OutboxItem } from "./item.ts";

/**
 * Uploads the files of messages, before they are sent. `parley-client/uploads` has one. One of your own is
 * asked to find out whom a message mentions, too, if you send any with `mentions: "later"`.
 */
export interface Uploader {
  /**
   * Uploads the file of a message, if it has one.
   * @param onProgress hears of the part that is uploaded, from 0 to 1
   * @returns the message with the address of the file, and with its mentions
   * @throws {Problem} the upload was refused
   */
  prepare(api: Api, item: OutboxItem, onProgress: (part: number) => void): Promise<NewMessage>;
  /** an item of the outbox is new or has changed; without `item` it is gone, and its upload ends */
  outboxChanged(clientMsgId: string, item: OutboxItem | undefined): void;
}
