import type { UserId } from "../../domain/ids.ts";
import type { DeviceEvent, RoomEvent } from "../../domain/sync/socket-protocol.ts";
import type { Receiver } from "../sockets/receiver.ts";

/** What room sockets and devices are told alike. */
export type SharedEvent = Exclude<RoomEvent, { type: "ready" }>;

/** Who is told of an event. */
export type Audience =
  /** the user who has done it, alone */
  | { own: UserId }
  /** these users alone */
  | { only: ReadonlySet<UserId> }
  /** all members, and those who leave by it */
  | { membersAnd: readonly UserId[] }
  /** who sees what a user does: nobody across a block, and no devices of others in a large group */
  | { around: UserId; self: "nowhere" | "room sockets" | "everywhere" };

/** An event besides messages and their changes, and who is told of it. */
export interface Published<Event extends DeviceEvent = SharedEvent> {
  /** as it is when a user is told; null: there is nothing to tell any more */
  event: Event | ((userId: UserId) => Event | null);
  to: Audience;
  /** devices that were not told yet are told the last event of a subject only; absent: they are told each */
  subject?: string;
  /** the room socket that asked, which is not told */
  from?: Receiver | null;
}

/** Where events go: to the sockets of the room, and to the devices of members. */
export interface EventSink<Event extends DeviceEvent = SharedEvent> {
  tell(published: Published<Event>): void;
  /** whether a user has a receiver here */
  reaches(userId: UserId): boolean;
}
