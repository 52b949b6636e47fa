import { z } from "zod";
import type { UserId } from "../../domain/ids.ts";
import { RelayNumber, relayOf } from "./relay-update.ts";

const Placement = z.object({ relay: RelayNumber });

/** The answer of a conversation that leaves a socket to a relay. */
export function inRelay(userId: UserId): Response {
  return Response.json({ relay: relayOf(userId) } satisfies z.infer<typeof Placement>);
}

/** The relay to which an answer leaves the socket; null: it is a socket, or a refusal. */
export async function relayIn(response: Response): Promise<RelayNumber | null> {
  return response.status === 200 ? Placement.parse(await response.json()).relay : null;
}
