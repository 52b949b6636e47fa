import { errorFields, log } from "../../lib/logger.ts";

/**
 * A body that is produced while it is read: each part when the reader has room for it, so that only a few
 * parts are in memory. An error of `parts` breaks the connection, so that no client takes the received part
 * for the whole.
 */
export function streamed(parts: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]();
  const utf8 = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(utf8.encode(value));
      } catch (error) {
        log("error", "stream_broken", errorFields(error));
        controller.error(error);
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
