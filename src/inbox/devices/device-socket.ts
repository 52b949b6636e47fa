import { deflateSync } from "node:zlib";
import { z } from "zod";
import { deletedUser } from "../../domain/accounts/person.ts";
import { CoreError, type Failure } from "../../domain/errors.ts";
import type { FileSettings } from "../../domain/files/file-origins.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { GatewayOpening, GatewaySessionId } from "../../domain/sync/gateway.ts";
import type { DeviceEvent, DeviceProtocol, RefusalContext } from "../../domain/sync/socket-protocol.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { HibernatingSocket, type Identity, SocketAttachment } from "../../object/hibernating-socket.ts";
import { SocketOpening } from "../../object/socket-host.ts";
import type { NameLookup } from "../name-lookup.ts";

/** How a device socket is opened. */
export const DeviceOpening = SocketOpening.extend({
  /** the name of the wire format, as the composition root registered it */
  protocol: z.string(),
  /** what a gateway is asked for; absent: the socket is of none */
  gateway: GatewayOpening.optional(),
});
export type DeviceOpening = z.infer<typeof DeviceOpening>;

/** The attachment of a device socket: what survives hibernation. `v` rises when the shape changes. */
const DeviceAttachment = SocketAttachment.extend({
  v: z.literal(1),
  /** identifies the socket among those of its user */
  id: z.string(),
  /** the name of the wire format */
  protocol: z.string(),
  /** a request of the client is under way: after a crash or an eviction it gets no answer */
  busy: z.boolean(),
  /** frames of the server are compressed */
  compress: z.boolean().optional(),
  /** of a gateway: its session, the update before the first event of that, and the last one that was sent */
  gateway: z.object({ session: GatewaySessionId, firstId: z.int(), sent: z.int() }).optional(),
});
type DeviceAttachment = z.infer<typeof DeviceAttachment>;

/** The wire formats of device sockets by name, as the composition root registers them. */
export type Protocols = Readonly<Record<string, DeviceProtocol>>;

/** What every device socket needs of its inbox. */
export interface SocketDeps {
  protocols: Protocols;
  settings: FileSettings;
  names: Pick<NameLookup, "find">;
}

/** A device socket: a WebSocket of one of the user's devices, for all their conversations. */
export class DeviceSocket extends HibernatingSocket<DeviceAttachment> {
  readonly protocol: DeviceProtocol;
  /**
   * Whether the socket has just connected and its client has sent nothing. Messages wait meanwhile, as the
   * client may sync from an older position. Kept in memory only: a timer ends the state, and keeps the object
   * awake until then.
   */
  isNew = false;
  /** the conversation that its client said last to show; in memory only, while the request is under way */
  focus: ConversationId | null = null;
  readonly #names: SocketDeps["names"];
  readonly #inFlight = new Set<Promise<void>>();

  private constructor(
    ctx: DurableObjectState,
    ws: WebSocket,
    attachment: DeviceAttachment,
    protocol: DeviceProtocol,
    { settings, names }: Pick<SocketDeps, "settings" | "names">,
  ) {
    super(ctx, ws, attachment, settings);
    this.protocol = protocol;
    this.#names = names;
  }

  /** Accepts a new socket for hibernation. @returns null if its protocol is not registered */
  static accept(
    ctx: DurableObjectState,
    ws: WebSocket,
    { protocol: name, gateway, ...identity }: Identity & Pick<DeviceOpening, "protocol" | "gateway">,
    deps: SocketDeps,
  ): DeviceSocket | null {
    const protocol = deps.protocols[name];
    if (!protocol) return null;
    ctx.acceptWebSocket(ws);
    const defaults = { v: 1, id: crypto.randomUUID(), protocol: name, busy: false, closing: false } as const;
    const { userId, sessionId, expiresAt, origin, echoes, threads, ignoresChanges, takesParts } = identity;
    const wishes = { origin, echoes, threads, ignoresChanges, takesParts };
    const compression = gateway?.compress ? { compress: true } : {};
    const attachment = { ...defaults, userId, sessionId, expiresAt, ...wishes, ...compression };
    const socket = new DeviceSocket(ctx, ws, attachment, protocol, deps);
    socket.saveAttachment(attachment);
    socket.isNew = protocol.supportsResume;
    return socket;
  }

  /** Restores a socket after hibernation. @returns null if its attachment or protocol is unknown */
  static restore(ctx: DurableObjectState, ws: WebSocket, deps: SocketDeps): DeviceSocket | null {
    const { data } = DeviceAttachment.safeParse(ws.deserializeAttachment());
    const protocol = data && deps.protocols[data.protocol];
    return protocol ? new DeviceSocket(ctx, ws, data, protocol, deps) : null;
  }

  /** Identifies the socket among those of its user, also over hibernation. */
  get id(): string {
    return this.attachment.id;
  }

  /** Sends a refusal, if the wire format has any. @param about the send or conversation that was refused */
  refuse(failure: Failure, about: RefusalContext): void {
    const frame = this.protocol.refused(failure, about);
    if (frame !== null) this.send(frame);
  }

  /** How far a gateway session is on this socket; absent: it has none. */
  get gateway(): DeviceAttachment["gateway"] {
    return this.attachment.gateway;
  }

  set gateway(gateway: NonNullable<DeviceAttachment["gateway"]>) {
    this.saveAttachment({ ...this.attachment, gateway });
  }

  /** A frame as it is sent: text, or zlib. */
  protected override packed(frame: string): string | Uint8Array {
    return this.attachment.compress ? deflateSync(frame) : frame;
  }

  /** Runs a call to a conversation. A failure is sent to the socket; never rejects. */
  async attempt(conversationId: ConversationId, call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.refuse(failureOf(error), { conversationId });
    }
  }

  /**
   * Counts an invalid frame, unless the wire format tolerates any number of them. The rate limit counts all
   * frames.
   */
  override invalid(): void {
    if (!this.protocol.toleratesInvalidFrames) super.invalid();
  }

  /** Whether a request of the client is under way. */
  get isBusy(): boolean {
    return this.attachment.busy;
  }

  /**
   * Sends an event, if the wire format can express it: in this turn, unless the frame names users whose
   * profiles are to be looked up. Events that wait keep their order; messages do not wait for them.
   */
  sendEvent(event: DeviceEvent): void {
    const { userId: reader, protocol } = this;
    const ids = protocol.names?.(event, reader) ?? [];
    const send = (frame: string | null | undefined) => {
      if (frame) this.send(frame);
    };
    if (ids.length === 0) send(protocol.event(event, { reader, profileOf: deletedUser }));
    else
      this.#names.find(ids, (profileOf) =>
        send(profileOf ? protocol.event(event, { reader, profileOf }) : protocol.lost),
      );
  }

  /** Runs a request of the client. The socket is busy meanwhile; rejects as `work` does. */
  async during(work: () => Promise<void>): Promise<void> {
    if (!this.isBusy) this.saveAttachment({ ...this.attachment, busy: true });
    const done = work();
    this.#inFlight.add(done);
    try {
      await done;
    } finally {
      this.#inFlight.delete(done);
      if (this.#inFlight.size === 0) this.saveAttachment({ ...this.attachment, busy: false });
    }
  }

  /** Resolves once all requests that are under way now have ended. */
  async answered(): Promise<void> {
    await Promise.allSettled([...this.#inFlight]);
  }
}

/**
 * @returns the failure that a client gets for an error: a refusal as it is; `unavailable` for a bug or an
 *   object that cannot be reached, which is logged and may be retried
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof CoreError) return error.toFailure();
  log("error", "device_frame_failed", errorFields(error));
  return { ok: false, code: "unavailable", detail: "This could not be done right now. Try again." };
}

/** The refusal of a request that the full backlog does not admit. */
export function tooMuch(): CoreError {
  const detail =
    "Too much of what your devices ask for waits for conversations to answer. Try again in a second.";
  return new CoreError("rate_limited", detail, { retryAfter: 1 });
}
