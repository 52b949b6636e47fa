import type { SessionId, UserId } from "../../domain/ids.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import type { StateMark } from "../delivery/fanout-checkpoint.ts";
import type { Room } from "../room.ts";
import { RelayLink } from "./relay-link.ts";
import { RelayStream } from "./relay-stream.ts";
import { Generation, RelayNumber, type RelayPort, relayOf } from "./relay-update.ts";

/** The relays that have, or may have, sockets. One row: what was the state when all were told everything. */
export const RELAYS_TABLES = `
  CREATE TABLE relays (relay INTEGER PRIMARY KEY, generation TEXT NOT NULL) STRICT;
  CREATE TABLE relays_told (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    rev INTEGER NOT NULL
  ) STRICT;`;

/** When a burst is over: before the object can hibernate, which takes 10 s. */
const TOLD_MS = 500;

/** What relays need from outside. */
export interface RelaysDeps {
  protocol: RoomProtocol;
  relays: RelayPort;
  timing: Timing;
}

/** The relays of a crowd, which hold the room sockets that its object leaves to them. */
export class Relays {
  readonly #sql: SqlStorage;
  readonly #room: Room;
  readonly #deps: RelaysDeps;
  readonly #links = new Map<RelayNumber, RelayLink>();
  readonly #stream: RelayStream;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sql: SqlStorage, room: Room, deps: RelaysDeps) {
    this.#sql = sql;
    this.#room = room;
    this.#deps = deps;
    this.#stream = new RelayStream(room, deps.protocol, this.#links);
    const rows = sql
      .exec<{ relay: number; generation: string }>("SELECT relay, generation FROM relays")
      .toArray();
    const wasTold = rows.length > 0 && this.#isToldOf(room.fanoutSource.mark());
    for (const { relay, generation } of rows)
      this.#link(RelayNumber.parse(relay), wasTold ? Generation.parse(generation) : null);
    room.tellSockets(this.#stream);
    for (const link of this.#links.values()) link.resume();
  }

  /** The position up to which relays are told everything. */
  get position(): SyncPosition {
    return this.#stream.position;
  }

  /** The relay of a user, in which a socket opens, or is about to get a page. */
  linkOf(userId: UserId): RelayLink {
    const relay = relayOf(userId);
    const found = this.#links.get(relay);
    if (found) return found;
    this.#noteTold();
    return this.#link(relay, this.#begin(relay, Generation.parse(crypto.randomUUID())), true);
  }

  /** The relay of a user has told how many users it has. */
  counted(userId: UserId, users: number): void {
    const link = this.#links.get(relayOf(userId));
    if (link) link.users = users;
  }

  /** The users with sockets in relays, as far as is known. */
  get userCount(): number {
    return [...this.#links.values()].reduce((sum, { users }) => sum + (users ?? 0), 0);
  }

  /** The same, once the relays are asked of which it is not known. */
  async findUserCount(): Promise<number> {
    const unknown = [...this.#links.values()].filter(({ users }) => users === null);
    await Promise.all(unknown.map((link) => link.ask()));
    return this.userCount;
  }

  /** Closes the sockets of a session. Rejects if a relay does not answer. */
  async kick(sessionId: SessionId): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.kick({ sessionId })));
  }

  /** Whether a session of a user has a socket in a relay, or the relay does not answer. */
  async hasSession(userId: UserId, sessionId: SessionId): Promise<boolean> {
    const link = this.#links.get(relayOf(userId));
    if (!link) return false;
    try {
      return (await link.openSessions({ sessionIds: [sessionId] })).length > 0;
    } catch {
      // It stays registered: the inbox checks its registrations.
      return true;
    }
  }

  /** @returns the sessions among these that have a socket in a relay */
  async openSessions(sessionIds: SessionId[]): Promise<SessionId[]> {
    const open = [...this.#links.values()].map((link) => link.openSessions({ sessionIds }));
    return (await Promise.all(open)).flat();
  }

  /** For the alarm: calls the relays that may lack something. @returns whether one still does */
  async repair(): Promise<boolean> {
    await Promise.all([...this.#links.values()].map((link) => link.repair()));
    return this.#isBehind();
  }

  #link(relay: RelayNumber, generation: Generation | null, isNew = false): RelayLink {
    const { protocol, relays: port, timing } = this.#deps;
    const id = { conversationId: this.#room.state.id, relay };
    const deps = { protocol, port, timing: timing.relays };
    const link = new RelayLink(
      id,
      deps,
      { generation, isNew, now: this.position },
      {
        begun: (begun) => void this.#begin(relay, begun),
        told: () => this.#noteTold(),
        emptied: () => {
          this.#links.delete(relay);
          this.#sql.exec("DELETE FROM relays WHERE relay = ?", relay);
        },
      },
    );
    this.#links.set(relay, link);
    return link;
  }

  #begin(relay: RelayNumber, generation: Generation): Generation {
    this.#sql.exec("INSERT OR REPLACE INTO relays (relay, generation) VALUES (?, ?)", relay, generation);
    return generation;
  }

  /** Soon stores that the relays were told everything, if it is so by then: one row for a burst. */
  #noteTold(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#isBehind()) return;
      const { seq, changes, touched, rev } = this.#room.fanoutSource.mark();
      const sql =
        "INSERT OR REPLACE INTO relays_told (id, seq, changes, touched, rev) VALUES (1, ?, ?, ?, ?)";
      this.#sql.exec(sql, seq, changes, touched, rev);
    }, TOLD_MS);
  }

  #isToldOf({ seq, changes, touched, rev }: StateMark): boolean {
    const sql = "SELECT 1 FROM relays_told WHERE seq = ? AND changes = ? AND touched = ? AND rev = ?";
    return this.#sql.exec(sql, seq, changes, touched, rev).toArray().length > 0;
  }

  #isBehind(): boolean {
    // What a sample has left out is told a little later.
    const isWaiting = this.position.seq < this.#room.log.last.seq;
    return isWaiting || [...this.#links.values()].some(({ isUpToDate }) => !isUpToDate);
  }
}
