import type { Settings } from "../domain/settings.ts";
import type { Timing } from "../domain/timing.ts";
import type { AlarmJobs } from "../object/jobs/alarm-jobs.ts";
import type { TokenReader } from "../object/socket-host.ts";
import { UserBudgets } from "../object/user-budgets.ts";
import type { ConversationJobKind } from "./jobs.ts";
import { Relays, type RelaysDeps } from "./relays/relays.ts";
import type { RoomDeps } from "./room/host.ts";
import { createRoom, type Room } from "./room.ts";
import { RoomSockets, type RoomSocketsDeps } from "./sockets/room-sockets.ts";
import { SessionRegistry } from "./sockets/session-registry.ts";
import { SocketPlaces } from "./sockets/socket-places.ts";
import { ViewerCount } from "./viewers/viewer-count.ts";
import { CostlyReads } from "./views/costly-reads.ts";

/** What a conversation needs from outside; `src/worker.ts` hands it in. */
export interface ConversationDeps extends RoomDeps, RoomSocketsDeps, RelaysDeps {
  readToken: TokenReader;
  settings: Settings;
  timing: Timing;
}

/** The parts of a conversation, made once D1 has confirmed that it exists. */
export interface ConversationComponents {
  room: Room;
  sockets: RoomSockets;
  /** hold the sockets that this object leaves to them */
  relays: Relays;
  viewerCount: ViewerCount;
  registrations: SessionRegistry;
  places: SocketPlaces;
  /** what each user may still ask */
  budgets: UserBudgets;
  /** the reads that take long */
  reads: CostlyReads;
  config: Pick<ConversationDeps, "protocol" | "settings">;
  timing: Timing;
}

/** Creates the parts from the tables of the conversation. */
export function createComponents(
  ctx: DurableObjectState,
  deps: ConversationDeps,
  jobs: AlarmJobs<ConversationJobKind>,
): ConversationComponents {
  const { inboxes, settings, timing } = deps;
  const room = createRoom(ctx.storage, deps, jobs);
  const budgets = new UserBudgets(ctx.storage.sql, settings, timing.userBudgets);
  const sockets = new RoomSockets(ctx, deps, room, budgets);
  const relays = new Relays(ctx.storage.sql, room, deps);
  const { viewers, showViewerCount: tell } = room;
  return {
    ...{ room, sockets, relays, budgets, timing, config: deps },
    viewerCount: new ViewerCount({ viewers, sockets, relays, tell, timing: timing.viewers }),
    registrations: new SessionRegistry(room.state.id, inboxes, sockets, timing.socketRegistry),
    places: new SocketPlaces(sockets, timing.roomSockets),
    reads: new CostlyReads(timing.costlyReads),
  };
}
