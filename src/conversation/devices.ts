import type { Bump, Truth } from "../core/bump.ts";
import type { Result } from "../core/errors.ts";
import type { UserId } from "../core/ids.ts";
import type { AnyDraft, Receipt } from "../core/message.ts";
import type { DeviceSends, DeviceSent, Greeting, ReplayInput } from "../core/ports.ts";
import type { ReplayPage } from "../core/replay.ts";
import type { Fanout } from "./fanout.ts";
import type { Origin } from "./listener.ts";
import type { RoomMembership } from "./membership.ts";
import { replayPage } from "./replay.ts";
import type { Room } from "./room.ts";
import type { Outcome } from "./sends.ts";

/** What members' devices ask of the conversation, by way of their inboxes. */
export class Devices {
  readonly #room: Room;
  readonly #membership: RoomMembership;
  readonly #fanout: Fanout;

  constructor(room: Room, membership: RoomMembership, fanout: Fanout) {
    this.#room = room;
    this.#membership = membership;
    this.#fanout = fanout;
  }

  /**
   * What a member's inbox should know now. Whatever comes is told to it without delay from now on, in a large
   * group too. @param listens a device is there, or about to be @throws `not_found` for who was never in it
   */
  hello({ userId, listens = true }: Greeting): Bump {
    const bump = this.#room.snapshot(userId);
    if (this.#room.members.isActive(userId)) this.#fanout.hello(userId, listens);
    return bump;
  }

  /** What a member's inbox should know, and whether it has said that it does. @see Conversations.truth */
  truth({ userId, listens }: { userId: UserId; listens: boolean }): Truth {
    const bump = listens ? this.hello({ userId }) : this.#room.snapshot(userId);
    return { bump, isTold: this.#fanout.knows(userId) };
  }

  /** What a member's devices miss behind a place. @throws `not_found` unless he is in it, or was where that is asked */
  replay({ userId, after, rev, evenLeft = false }: ReplayInput): ReplayPage {
    this.#room.settle();
    const { members } = this.#room;
    const member = evenLeft ? members.known(userId) : members.active(userId);
    this.#listens(userId);
    return replayPage(this.#room, member, after, rev);
  }

  /** Stores what a device sends, in order; and gives what the user's inbox and devices are to be told by then. */
  async sends({ userId, drafts, told, shown = false }: DeviceSends): Promise<DeviceSent> {
    this.#listens(userId);
    const line = {};
    const outcomes = await Promise.all(drafts.map((draft) => this.#send(userId, draft, line, shown)));
    return { outcomes, bump: this.#room.members.find(userId) ? this.#membership.bump(userId, told) : null };
  }

  /** A device of a member has asked for something: should its hello have been lost, it is as if it came now. */
  #listens(userId: UserId): void {
    if (!this.#room.members.isActive(userId) || this.#membership.hasDevices(userId)) return;
    this.#fanout.hello(userId, true);
  }

  async #send(userId: UserId, draft: AnyDraft, line: object, shown: boolean): Promise<Result<Receipt>> {
    const { result } = await new Promise<Outcome<Origin>>((settle) =>
      this.#room.submit(userId, [draft], { settle, line }),
    );
    if (!result.ok) return result;
    const { row, replay } = result.value;
    const { seq, created_at: createdAt } = row;
    const sender = shown && replay ? this.#room.members.find(userId) : undefined;
    const [message] = sender ? this.#room.view.for([row], sender) : [];
    return { ok: true, value: { seq, createdAt, ...(message && { message }) } };
  }
}
