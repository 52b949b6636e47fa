import type { Context } from "hono";
import { whileSignedIn } from "../../core/accounts/sessions.ts";
import type { CallerEnv } from "../../http/env.ts";
import { streamed } from "../../http/uploads/stream.ts";
import type { Range } from "./schemas.ts";

/** What `message` says of a success, and `code`. */
const SUCCESS = { code: 200, message: "成功" } as const;

/** A success as this API tells it. */
export function succeed(c: Context, data: object): Response {
  return c.json({ ...SUCCESS, data });
}

/** A list as the core gives it: so many there are, and what was asked for in parts. */
interface Listed<Item> {
  total: number;
  parts: AsyncIterable<Item[]>;
}

/** What a list and its length are called. */
interface Names {
  list: string;
  count: string;
}

/**
 * A page of a list, or all of it, written while it is read: so it may be of any length. What fails before its first
 * part is refused as usual; behind it, and where the session ends, the connection breaks.
 */
export async function succeedListed<Item>(
  c: Context<CallerEnv>,
  { list, count }: Names,
  { total, parts }: Listed<Item>,
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
    // What comes and goes while all of it is read is counted as it was written.
    const counted = range ? total : written;
    yield `],"${count}":${counted},"num_of_pages":${range ? Math.ceil(total / range.limit) : 1}}}`;
  }
  return new Response(streamed(text()), { headers: { "Content-Type": "application/json" } });
}
