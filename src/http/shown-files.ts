import type { Context } from "hono";
import type { FileOrigins } from "../domain/files/file-origins.ts";
import type { AppEnv } from "./env.ts";

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

/** The same for an answer that is streamed. No part ends within a URL. */
export async function* withFileUrls(
  fileOrigins: FileOrigins,
  parts: AsyncIterable<string>,
): AsyncGenerator<string> {
  for await (const part of parts) yield fileOrigins.toShown(part);
}
