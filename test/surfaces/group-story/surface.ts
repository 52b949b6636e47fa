import type { JoinPolicy, Role } from "../../../src/domain/conversations/group-kind.ts";
import type { ErrorCode } from "../../../src/domain/errors.ts";
import type { SignedIn } from "../../support/clients/api.ts";

/** Somebody in a story. */
export interface Person extends SignedIn {
  name: string;
}

/** What somebody does in a group, or tries to. People are meant by their ids. */
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

/** `requested`: he has asked to be let in. */
export type Outcome = "done" | "requested" | ErrorCode;

/** A message as somebody sees it. */
export interface Shown {
  seq: number;
  by: number;
  what: string | { event: string; userIds: number[] };
}

/** A group in somebody's list. */
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

/** All that somebody sees of a group. */
export interface View extends Listed {
  history: Shown[];
  /** in the order in which they joined */
  members: { id: number; role: Role; muted: boolean; card: string }[];
  /** how far each has read, in the order of ids */
  receipts: { id: number; seq: number }[];
  /** who wants to join, or why he does not see it */
  applications: { id: number; by: number; message: string }[] | ErrorCode;
}

/** What somebody's socket tells him. */
export type Told =
  | { message: Shown }
  | { member: string; userIds: number[] }
  | { read: number; seq: number }
  | { kicked: string; code: number };

/** Somebody's socket in a group. */
export interface Live {
  /** What it told since it was asked last; `until` it is closed, where it is to be. */
  told(until: "settled" | "closed"): Promise<Told[]>;
  /** Resolves once it has told what the group is like for its user, and that is this. */
  shows(group: Listed): Promise<void>;
}

/** An API over the core: what a story needs of it. Every refusal is one of the core's. */
export interface Surface {
  /** @returns the group's id */
  create(owner: Person, members: Person[], name: string, joinPolicy: JoinPolicy): Promise<number>;
  act(who: Person, group: number, action: Action): Promise<Outcome>;
  /** null: to him there is no such group, whatever he asks */
  view(who: Person, group: number): Promise<View | null>;
  listed(who: Person, group: number): Promise<Listed | null>;
  open(who: Person, group: number): Promise<Live>;
}
