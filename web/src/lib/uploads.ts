import type { OutboxItem, Uploader } from "parley-client";
import { prepare, uploader } from "parley-client/uploads";
import type { Named } from "parley-react/mentions";

/** Uploads the file of a message, and finds out whom it mentions. */
export function uploaderOf(resolve: (item: OutboxItem) => Promise<Named>): Uploader {
  return uploader(async (api, item, onProgress, signal) => {
    const message = await prepare(api, item, onProgress, signal);
    return message.mentions === "later" ? { ...message, ...(await resolve(item)) } : message;
  });
}
