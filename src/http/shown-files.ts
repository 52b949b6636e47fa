import type { Context } from "hono";
import type { Core } from "../core/context.ts";
import { errorFields, log } from "../lib/logger.ts";
import type { AppEnv } from "./env.ts";

/**
 * From now on the JSON answers of a request show URLs of files with the origin of the server. An answer is
 * one text here, so that no serializer of any API has to know.
 */
export function showFileUrls(c: Context<AppEnv>): void {
  const { fileOrigins } = c.get("core");
  c.json = new Proxy(c.json, {
    apply(_json, _self, [value, ...others]: Parameters<typeof c.json>) {
      c.header("Content-Type", "application/json");
      return Reflect.apply(c.body, c, [fileOrigins.toShown(JSON.stringify(value)), ...others]);
    },
  });
}

/**
 * The same for an answer that is streamed: it is made here alone, so that none shows other URLs.
 * @param parts pieces of JSON, none of which ends within a string
 */
export function streamedJson({ fileOrigins }: Core, parts: AsyncIterable<string>): Response {
  async function* shown() {
    for await (const part of parts) yield fileOrigins.toShown(part);
  }
  return new Response(streamed(shown()), { headers: { "Content-Type": "application/json" } });
}

/**
 * A body that is produced while it is read: each part when the reader has room for it, so that only a few
 * parts are in memory. An error of `parts` breaks the connection, so that no client takes the received part
 * for the whole.
 */
function streamed(parts: AsyncIterable<string>): ReadableStream<Uint8Array> {
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
