import { z } from "zod";

/** How somebody stands to a user: he asks him for friendship, is his friend, is neither. */
export const FriendState = z.enum(["requested", "friends", "none"]);

export type FriendState = z.infer<typeof FriendState>;

/** What has come of asking for friendship: the other has yet to agree, or they are friends. */
export const AskOutcome = FriendState.exclude(["none"]);

export type AskOutcome = z.infer<typeof AskOutcome>;
