import type { Api } from "../api/api.ts";
import type { NewMessage } from "../types.ts";
import type { OutboxItem } from "./item.ts";

/** Uploads the files of messages. `parley-client/uploads` has one. */
export interface Uploader {
  /**
   * Uploads the file of a message.
   * @param onProgress hears of the part that is uploaded, from 0 to 1
   * @returns the message with the address of the file
   * @throws {Problem} the upload was refused
   */
  prepare(api: Api, item: OutboxItem, onProgress: (part: number) => void): Promise<NewMessage>;
  /** an item of the outbox is new or has changed; without `item` it is gone, and its upload ends */
  outboxChanged(clientMsgId: string, item: OutboxItem | undefined): void;
}
