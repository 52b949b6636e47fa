import type { Context } from "hono";
import { whileSignedIn } from "../../core/accounts/sessions.ts";
import type { CallerEnv } from "../../http/env.ts";
import { streamedJson } from "../../http/shown-files.ts";
import type { Range } from "./schemas.ts";

/** `code` and `message` of every success. */
const SUCCESS = { code: 200, message: "成功" } as const;

/** A success in this API's envelope. */
export function succeed(c: Context, data: object): Response {
  return c.json({ ...SUCCESS, data });
}

/** A list from the core: the number of all items, and the requested ones in parts. */
interface PartitionedList<Item> {
  total: number;
  parts: AsyncIterable<Item[]>;
}

/** The wire names of a list and its length. */
interface Names {
  list: string;
  count: string;
}

/**
 * A page of a list, or the whole list, streamed while it is read: it may have any length. An error before the
 * first part is answered as usual. A later error, or the end of the session, breaks the connection.
 * @param range the page; null: the whole list
 */
export async function succeedListed<Item>(
  c: Context<CallerEnv>,
  { list, count }: Names,
  { total, parts }: PartitionedList<Item>,
  range: Range | null,
  serialize: (item: Item) => object,
): Promise<Response> {
  const iterator = whileSignedIn(c.var.core, c.var.caller, parts);
  let next = await iterator.next();
  const { code, message } = SUCCESS;
  async function* text() {
    yield `{"code":${code},"message":${JSON.stringify(message)},"data":{"${list}":[`;
    let written = 0;
    for (; !next.done; next = await iterator.next()) {
      for (const item of next.value) {
        yield `${written === 0 ? "" : ","}${JSON.stringify(serialize(item))}`;
        written++;
      }
    }
    // Items may be added or removed while the whole list is read, so the written items are counted.
    const itemCount = range ? total : written;
    yield `],"${count}":${itemCount},"num_of_pages":${range ? Math.ceil(total / range.limit) : 1}}}`;
  }
  return streamedJson(c.var.core, text());
}
