import { errorFields, log } from "../../lib/logger.ts";

/**
 * A body that is made while it is read: each part when there is room for it, so that of the longest no more is in
 * memory than a few parts. Where the making fails the connection breaks, and no reader takes what it has for all.
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
