import type { Uploader } from "../outbox/uploader.ts";
import type { NewMessage } from "../types.ts";
import { upload } from "./upload.ts";

export { type UploadOptions, upload } from "./upload.ts";

/** Uploads the files of messages: `new Chat({ …, uploads })`. */
export const uploads: Uploader = {
  async prepare(api, { file, message }, onProgress): Promise<NewMessage> {
    if (!file || !("body" in message)) return message;
    const { url } = await upload(api, file, { onProgress });
    return { ...message, body: { ...message.body, url } } as NewMessage;
  },
};
