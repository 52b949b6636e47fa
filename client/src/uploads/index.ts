import type { Uploader } from "../outbox/uploader.ts";
import type { NewMessage } from "../types.ts";
import { upload } from "./upload.ts";

export { type UploadOptions, upload } from "./upload.ts";

/** An upload that was refused for now, or has no connection, goes on after this time, in ms. */
const PAUSE = 5_000;
/** The status of such refusals: no answer; ten uploads are open; too many calls; a fault of the server. */
const TEMPORARY: number[] = [0, 409, 429, 500, 503];
/** What cancels the upload of a message, by its `client_msg_id`, which no two messages share. */
const cancels = new Map<string, AbortController>();

/** Uploads the files of messages: `new Chat({ …, uploads })`. */
export const uploads: Uploader = {
  async prepare(api, { client_msg_id: id, file, message }, onProgress): Promise<NewMessage> {
    if (!file || !("body" in message)) return message;
    const { body } = message;
    const cancel = new AbortController();
    const { signal } = cancel;
    cancels.set(id, cancel);
    for (;;) {
      try {
        const { url, name, size, content_type } = await upload(api, file, { id, onProgress, signal });
        return { ...message, body: { name, size, content_type, ...body, url } } as NewMessage;
      } catch (error) {
        // Without a connection it waits, as the messages behind it do.
        if (signal.aborted || !TEMPORARY.includes(Object(error).status)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  },

  outboxChanged(id, item) {
    if (item) return;
    cancels.get(id)?.abort();
    cancels.delete(id);
  },
};
