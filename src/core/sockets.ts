import type { Credential } from "../domain/accounts/session.ts";
import { CoreError, Failure } from "../domain/errors.ts";
import type { ConversationId, Position } from "../domain/ids.ts";
import type { GatewayOpening } from "../domain/sync/gateway.ts";
import type { Core } from "./context.ts";

/** The opener of a room socket, its conversation, and the sync position at which the client resumes. */
export interface RoomSocketRequest extends Credential {
  conversationId: ConversationId;
  /** replay messages after this seq; absent: live only */
  after: Position | undefined;
  /** replay revokes and hides after this rev */
  rev: number | undefined;
  /** the sub-protocol for the answer, if the client offered it */
  subprotocol: string | undefined;
  /** each ack has the stored message */
  echoes: boolean;
  /** the socket shows thread-only replies */
  threads: boolean;
  /** the client is sent no changes of messages but revokes and hides */
  ignoresChanges: boolean;
  /** changed messages come without their bodies where the client has them */
  takesParts: boolean;
}

/**
 * Opens a room socket in the conversation's object, or in a relay of it.
 * @returns the object's own 101, which must be returned unchanged
 * @throws `not_found` unless the caller is a member, `unauthenticated` if their session has ended meanwhile
 */
export async function openRoomSocket(
  core: Core,
  { conversationId, ...opening }: RoomSocketRequest,
): Promise<Response> {
  const request = { ...opening, origin: core.fileOrigins.asked };
  return upgraded(await core.conversations.openSocket(conversationId, request, core.relays));
}

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

/**
 * Evaluates an object's answer to the opening of a socket.
 * @returns the object's own 101, which must be returned unchanged
 * @throws the object's refusal as a `CoreError`
 */
async function upgraded(response: Response): Promise<Response> {
  if (response.status === 101) return response;
  const { code, detail, data } = Failure.parse(await response.json());
  throw new CoreError(code, detail, data);
}
