import type { Message } from "parley-client";
import { preview } from "./preview.ts";

/** What a message says. */
export function MessageBody({ message }: { message: Message }) {
  return (
    <p class="text" dir="auto" data-revoked={message.revoked}>
      {preview(message)}
    </p>
  );
}
