import { z } from "zod";

/** The relation of a user to another: has sent them a friend request, is their friend, neither. */
export const FriendState = z.enum(["requested", "friends", "none"]);

export type FriendState = z.infer<typeof FriendState>;

/** The outcome of a friend request: it waits for the other user, or the two are friends. */
export const AskOutcome = FriendState.exclude(["none"]);

export type AskOutcome = z.infer<typeof AskOutcome>;
