import type { Context } from "hono";
import { whileSignedIn } from "../../core/accounts/sessions.ts";
import type { CallerEnv } from "../../http/env.ts";
import { streamedJson } from "../../http/shown-files.ts";

/**
 * A success in this API's envelope.
 * @param beside fields beside `data`, which pages of messages have
 */
export function succeed(c: Context, data: unknown, beside: object = {}): Response {
  return c.json({ code: 0, msg: "", data, ...beside });
}

/**
 * A success whose `data` is a list, streamed while it is read: only a part of it is in memory. An error
 * before the first part is answered as usual. A later error, or the end of the session, breaks the
 * connection.
 * @param serialize a part of the list
 * @param beside fields beside `data`
 */
export async function succeedStreamed<Part>(
  c: Context<CallerEnv>,
  parts: AsyncIterable<Part>,
  serialize: (part: Part) => object[],
  beside: object,
): Promise<Response> {
  const iterator = whileSignedIn(c.var.core, c.var.caller, parts);
  let next = await iterator.next();
  async function* text() {
    yield '{"code":0,"msg":"","data":[';
    for (let separator = ""; !next.done; next = await iterator.next()) {
      const items = serialize(next.value).map((item) => JSON.stringify(item));
      if (items.length === 0) continue;
      yield `${separator}${items.join(",")}`;
      separator = ",";
    }
    yield `],${JSON.stringify(beside).slice(1)}`;
  }
  return streamedJson(c.var.core, text());
}
