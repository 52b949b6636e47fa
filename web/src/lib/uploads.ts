import type { NewMessage, OutboxItem, Uploader } from "parley-client";
import { prepare, uploader } from "parley-client/uploads";

/** Uploads the file of a message, and finds out whom it mentions. */
export function uploaderOf(
  resolve: (item: OutboxItem) => Promise<NonNullable<NewMessage["mentions"]>>,
): Uploader {
  return uploader(async (api, item, onProgress, signal) => {
    const message = await prepare(api, item, onProgress, signal);
    return message.mentions === "later" ? { ...message, mentions: await resolve(item) } : message;
  });
}
