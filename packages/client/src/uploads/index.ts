import type { Uploader } from "../outbox/uploader.ts";
import type { NewMessage } from "../types.ts";
import { isTemporary, upload } from "./upload.ts";

export { type UploadOptions, upload } from "./upload.ts";

/** An upload that was refused for now, or has no connection, goes on after this time, in ms. */
const PAUSE = 5_000;
/** What cancels the upload of a message, by its `client_msg_id`, which no two messages share. */
const cancels = new Map<string, AbortController>();
/** Uploads of messages that are under way, without those that pause. */
let running = 0;

/** Uploads the files of messages: `new Chat({ …, uploads })`. */
export const uploads: Uploader = {
  async prepare(api, { client_msg_id: id, file, message }, onProgress): Promise<NewMessage> {
    if (!file || !("body" in message)) return message;
    const { body } = message;
    const cancel = new AbortController();
    const { signal } = cancel;
    cancels.set(id, cancel);
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
  },

  outboxChanged(id, item) {
    if (item) return;
    cancels.get(id)?.abort();
    cancels.delete(id);
  },
};
