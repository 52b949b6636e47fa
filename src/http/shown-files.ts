import type { Context } from "hono";
import type { Core } from "../core/context.ts";
import type { AppEnv } from "./env.ts";
import { streamed } from "./uploads/stream.ts";

/**
 * From now on the JSON answers of a request show URLs of files with the origin of the server. An answer is
 * one text here, so that no serializer of any API has to know.
 */
export function showFileUrls(c: Context<AppEnv>): void {
  const { fileOrigins } = c.var.core;
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
