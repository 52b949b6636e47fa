import type { components } from "parley-client";

type Schemas = components["schemas"];
/** A message that is sent later. */
export type Scheduled = Schemas["Scheduled"];

/** A scheduled message as it is sent at once. */
export function contentOf(scheduled: Scheduled): Schemas["NewMessage"] {
  const { id, conversation_id, send_at, created_at, failed, failed_at, ...message } = scheduled;
  return message;
}
