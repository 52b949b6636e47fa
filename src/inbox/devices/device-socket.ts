import { z } from "zod";
import type { Failure } from "../../domain/errors.ts";
import type { DeviceEvent, DeviceProtocol, RefusalContext } from "../../domain/sync/socket-protocol.ts";
import { HibernatingSocket, type Identity, SocketAttachment } from "../../object/hibernating-socket.ts";

/** What survives hibernation with a socket. `v` is raised when the shape changes. */
const DeviceAttachment = SocketAttachment.extend({
  v: z.literal(1),
  /** names it among those of its user, over hibernation too */
  id: z.string(),
  protocol: z.string(),
  /** something it asked is under way, of which a crash or an eviction leaves it without an answer */
  busy: z.boolean(),
});
type DeviceAttachment = z.infer<typeof DeviceAttachment>;

/** The wire formats of devices' sockets by name, as the composition root registered them. */
export type Protocols = Readonly<Record<string, DeviceProtocol>>;

/** One socket of one of the user's devices. */
export class DeviceSocket extends HibernatingSocket<DeviceAttachment> {
  readonly protocol: DeviceProtocol;
  /**
   * It has just come and said nothing: messages wait, as it may want to begin where it left off. In memory alone:
   * an object with such a socket does not sleep.
   */
  isNew = false;
  readonly #inFlight = new Set<Promise<void>>();

  private constructor(
    ctx: DurableObjectState,
    ws: WebSocket,
    attachment: DeviceAttachment,
    protocol: DeviceProtocol,
  ) {
    super(ctx, ws, attachment);
    this.protocol = protocol;
  }

  /** Takes a new socket in; null for a protocol that nobody registered. */
  static accept(
    ctx: DurableObjectState,
    ws: WebSocket,
    { protocol: name, ...identity }: Identity & { protocol: string },
    protocols: Protocols,
  ): DeviceSocket | null {
    const protocol = protocols[name];
    if (!protocol) return null;
    ctx.acceptWebSocket(ws);
    const kept = { v: 1, id: crypto.randomUUID(), protocol: name, busy: false, closing: false } as const;
    const { userId, sessionId, expiresAt } = identity;
    const attachment = { ...kept, userId, sessionId, expiresAt };
    const socket = new DeviceSocket(ctx, ws, attachment, protocol);
    socket.saveAttachment(attachment);
    socket.isNew = protocol.supportsResume;
    return socket;
  }

  /** A socket that was kept over hibernation; null if what it carries is not understood. */
  static restore(ctx: DurableObjectState, ws: WebSocket, protocols: Protocols): DeviceSocket | null {
    const { data } = DeviceAttachment.safeParse(ws.deserializeAttachment());
    const protocol = data && protocols[data.protocol];
    return protocol ? new DeviceSocket(ctx, ws, data, protocol) : null;
  }

  get id(): string {
    return this.attachment.id;
  }

  /** Tells it that something was refused. */
  refuse(failure: Failure, about: RefusalContext): void {
    this.send(this.protocol.refused(failure, about));
  }

  /** Counts a frame that could not be taken, where that may close it; the rate of all frames has its own limit. */
  override invalid(): void {
    if (!this.protocol.toleratesInvalidFrames) super.invalid();
  }

  /** Whether it waits for an answer. */
  get isBusy(): boolean {
    return this.attachment.busy;
  }

  /** Tells it what happens, if its wire format has a word for it. */
  sendEvent(event: DeviceEvent): void {
    const frame = this.protocol.event(event);
    if (frame !== null) this.send(frame);
  }

  /** Does what it asked; it waits for an answer meanwhile. */
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

  /** Resolves once all that it has asked up to here is answered. */
  async answered(): Promise<void> {
    await Promise.allSettled([...this.#inFlight]);
  }
}
