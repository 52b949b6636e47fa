import type { JoinPolicy, Role } from "../../../src/domain/conversations/group-kind.ts";
import type { ErrorCode } from "../../../src/domain/errors.ts";
import type { SignedIn } from "../../support/clients/api.ts";

/** A user of a story. */
export interface Person extends SignedIn {
  name: string;
}

/** An action in a group, or an attempt. Users are given by id. */
export type Action =
  | { do: "say"; text: string }
  | { do: "read"; seq: number }
  | { do: "add"; whom: number[] }
  | { do: "join"; message: string }
  | { do: "decide"; application: number; accept: boolean }
  | { do: "leave" }
  | { do: "remove"; whom: number }
  | { do: "role"; whom: number; role: "admin" | "member" }
  | { do: "mute"; whom: number; seconds: number }
  | { do: "card"; whom: number; card: string }
  | { do: "hand over"; whom: number }
  | { do: "edit"; name?: string; joinPolicy?: JoinPolicy }
  | { do: "dissolve" };

/** `requested`: a join request was made. */
export type Outcome = "done" | "requested" | ErrorCode;

/** A message as a user sees it. */
export interface Shown {
  seq: number;
  by: number;
  what: string | { event: string; userIds: number[] };
}

/** A group in a user's list. */
export interface Listed {
  name: string;
  joinPolicy: JoinPolicy;
  owner: number;
  role: Role;
  memberCount: number;
  lastSeq: number;
  readSeq: number;
  unread: number;
  last: Shown | null;
}

/** Everything that a user sees of a group. */
export interface View extends Listed {
  history: Shown[];
  /** in the order of joining */
  members: { id: number; role: Role; muted: boolean; card: string }[];
  /** read positions, by ascending user id */
  receipts: { id: number; seq: number }[];
  /** the join requests, or the code with which they are refused */
  applications: { id: number; by: number; message: string }[] | ErrorCode;
}

/** An event on a user's socket. */
export type Told =
  | { message: Shown }
  | { member: string; userIds: number[] }
  | { read: number; seq: number }
  | { kicked: string; code: number };

/** A user's socket in a group. */
export interface Live {
  /**
   * The events since the last call.
   * @param until waits until earlier calls are processed, or until the socket is closed
   */
  told(until: "settled" | "closed"): Promise<Told[]>;
  /** Resolves once the socket has received a conversation update with this content. */
  shows(group: Listed): Promise<void>;
}

/** An API as stories use it. Every refusal is a code of the core. */
export interface Surface {
  /** @returns the group's id */
  create(owner: Person, members: Person[], name: string, joinPolicy: JoinPolicy): Promise<number>;
  act(who: Person, group: number, action: Action): Promise<Outcome>;
  /** null: the group does not exist for this user, in any call */
  view(who: Person, group: number): Promise<View | null>;
  listed(who: Person, group: number): Promise<Listed | null>;
  open(who: Person, group: number): Promise<Live>;
}
