import type { Message } from "parley-client";
import type { Route } from "../state/router.ts";

/** Where a message is shown: a reply that stands in its thread alone is shown there, beside the root. */
export function routeOf({
  conversation_id: id,
  seq,
  thread,
}: Message): Extract<Route, { view: "conversation" }> {
  if (!thread || thread.also_in_main) return { view: "conversation", id, at: seq };
  return { view: "conversation", id, at: thread.root, thread: thread.root };
}
