import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { StoredPost } from "./shape.ts";

/** Where the message is, as JSON: 201 for a new one, 200 for a repeat, 204 if nothing was to be shown. */
export function answerAsJson(c: Context<AppEnv>, stored: StoredPost | null): Response {
  if (!stored) return c.body(null, 204);
  const { conversationId, seq, createdAt } = stored.message;
  const place = { conversation_id: conversationId, seq, created_at: createdAt };
  return c.json(place, stored.isRepeated ? 200 : 201);
}
