import type { Credential } from "../../domain/accounts/session.ts";
import type { GatewayOpening } from "../../domain/sync/gateway.ts";
import type { Core } from "../context.ts";
import { upgraded } from "./upgrade.ts";

/** The opener of a device socket, and its protocol. */
interface DeviceSocketRequest extends Credential {
  /** the wire format, by the name under which `src/worker.ts` hands it to the inbox */
  protocol: string;
  /** the sub-protocol for the answer, if the client offered it */
  subprotocol: string | undefined;
  /** each ack has the stored message, for wire formats with acks; absent: none has */
  echoes?: boolean;
  /** the socket shows thread-only replies; absent: the main stream */
  threads?: boolean;
  /** the client is sent no changes of messages but revokes and hides */
  ignoresChanges?: boolean;
  /** changed messages come without their bodies where the client has them */
  takesParts?: boolean;
  /** what a gateway is asked for, for wire formats that have one */
  gateway?: GatewayOpening;
}

/**
 * Opens a device socket in the caller's inbox.
 * @returns the object's own 101, which must be returned unchanged
 * @throws `unauthenticated` if the caller's session has ended meanwhile, `rate_limited` if the user has too
 *   many sockets
 */
export async function openDeviceSocket(core: Core, opening: DeviceSocketRequest): Promise<Response> {
  return upgraded(
    await core.inboxes.openSocket(opening.userId, { ...opening, origin: core.fileOrigins.asked }),
  );
}
