import type { Client } from "../client.ts";
import { ChatError, CODES } from "../error.ts";

/** @throws ChatError before SDK_READY */
export function requireReady({ isReady }: Pick<Client, "isReady">): void {
  if (!isReady) throw new ChatError(CODES.notReady, "The SDK is not ready: wait for SDK_READY.");
}
