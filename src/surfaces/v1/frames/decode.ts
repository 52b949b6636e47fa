import { z } from "@hono/zod-openapi";
import { CoreError } from "../../../domain/errors.ts";
import { Position } from "../../../domain/ids.ts";
import type { AnyDraft } from "../../../domain/messages/message.ts";
import { requireSound } from "../../../http/json.ts";
import { ClientMsgId, NewMessage } from "../schemas/messages.ts";
import { toDraft } from "../serialize/messages.ts";

const MAX_SENDS = 64;

/** What every frame says. */
export const Frame = z.object({ type: z.enum(["send", "sends", "read", "typing", "sync"]) });
export const Sends = z.object({ items: z.array(z.unknown()).min(1).max(MAX_SENDS) });
export const Read = z.object({ seq: Position });
export const Sync = z.object({ after: Position, rev: z.int().nonnegative().optional() });
const Identified = z.object({ client_msg_id: ClientMsgId });

/** What a send of a frame asks for. @throws `validation_failed` */
export function draftOf(value: unknown): AnyDraft {
  requireSound(value, "message");
  return toDraft(checked(NewMessage, value));
}

/** The client's own id of a send that is refused, so that it knows which; undefined where it has no valid one. */
export function clientMsgIdOf(value: unknown): string | undefined {
  return Identified.safeParse(value).data?.client_msg_id;
}

/** A value as a schema has it. @throws `validation_failed`, with every flaw in its text */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const detail = errors
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    .join("; ");
  throw new CoreError("validation_failed", detail, { errors });
}
