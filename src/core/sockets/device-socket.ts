import type { Credential } from "../../domain/accounts/session.ts";
import type { Core } from "../context.ts";
import { upgraded } from "./upgrade.ts";

/** Who opens a device's socket, and what is spoken on it. */
interface DeviceSocketRequest extends Credential {
  /** the wire format, by the name under which `src/worker.ts` hands it to the inbox */
  protocol: string;
  /** the one sub-protocol that the answer names, if the client offered it */
  subprotocol: string | undefined;
}

/**
 * Opens a socket for everything of one user, in his inbox.
 * @returns the object's own 101, to be handed on untouched
 * @throws `unauthenticated` if the caller's session is ended meanwhile, `rate_limited` where he has too many
 */
export async function openDeviceSocket(core: Core, opening: DeviceSocketRequest): Promise<Response> {
  return upgraded(await core.inboxes.openSocket(opening.userId, opening));
}
