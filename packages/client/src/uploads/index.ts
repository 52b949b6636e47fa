import type { Api } from "../api/api.ts";
import { Problem } from "../api/problem.ts";
import type { OutboxItem } from "../outbox/item.ts";
import type { Uploader } from "../outbox/uploader.ts";
import type { NewMessage, UploadedFile } from "../types.ts";
import type { UploadOptions } from "./options.ts";
import { isTemporary } from "./temporary.ts";

export type { UploadOptions } from "./options.ts";

/** An upload that was refused for now, or has no connection, goes on after this time, in ms. */
const PAUSE = 5_000;
/** What cancels the upload of a message, by its `client_msg_id`, which no two messages share. */
const cancels = new Map<string, AbortController>();
/** Uploads of messages that are under way, without those that pause. */
let running = 0;

/**
 * Makes the message of an item before it is sent: that with the address of its file.
 * @param onProgress hears of the part that is uploaded, from 0 to 1
 * @throws {Problem} the upload was refused
 */
export type Prepare = (
  api: Api,
  item: OutboxItem,
  onProgress: (part: number) => void,
  signal: AbortSignal,
) => Promise<NewMessage>;

/** Makes an uploader of what prepares an item that has a file, or mentions that are found out later. */
export function uploader(prepare: Prepare): Uploader {
  return {
    outboxChanged(id, item, change, api) {
      if (!item) {
        cancels.get(id)?.abort();
        cancels.delete(id);
      } else if (
        (item.file || item.message.mentions === "later") &&
        item.state !== "failed" &&
        !cancels.has(id)
      ) {
        const cancel = new AbortController();
        cancels.set(id, cancel);
        const end = (fields: Partial<OutboxItem>) => {
          // It may have been discarded, and sent anew.
          if (cancels.get(id) !== cancel) return;
          cancels.delete(id);
          change(fields);
        };
        prepare(api, item, (progress) => change({ progress }), cancel.signal).then(
          (message) =>
            end(
              message.mentions === "later"
                ? { state: "failed", code: "validation_failed" }
                : { message, file: undefined },
            ),
          (error) => {
            const { status, code } = Object(error);
            end({ state: "failed", code: status === undefined ? "no_answer" : code });
          },
        );
      }
    },
  };
}

/** Uploads the file of an item. */
export const prepare: Prepare = async (api, { client_msg_id: id, file, message }, onProgress, signal) => {
  if (!file || !("body" in message)) return message;
  const { body } = message;
  for (;;) {
    running++;
    try {
      const { url, name, size, content_type } = await upload(api, file, { id, onProgress, signal });
      return { ...message, body: { name, size, content_type, ...body, url } } as NewMessage;
    } catch (error) {
      // Without a connection it waits, as the messages behind it do. A conflict may say that the user has
      // ten open uploads: one of this client's may end.
      if (!isTemporary(error) && (running < 2 || Object(error).status !== 409)) throw error;
    } finally {
      running--;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
};

/** Uploads the files of messages: `new Chat({ …, uploads })`. */
export const uploads: Uploader = uploader(prepare);

/**
 * Uploads a file: up to 5 MiB in one call, a larger one in parts. Its name is that of a `File`, else `file`.
 * @returns the file; its `url` goes into the body of a message
 * @throws {Problem} the upload was refused, and the server has nothing of it any more; or it may go on later:
 *   too many calls, a fault of the server, or no answer
 */
export async function upload(api: Api, file: Blob, options?: UploadOptions): Promise<UploadedFile> {
  // Loaded with the first file. Without a connection it fails like a call.
  const code = await import("./upload.ts").catch((cause) => {
    throw new Problem(0, { detail: `${cause}` });
  });
  return code.upload(api, file, options);
}
