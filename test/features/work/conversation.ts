import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import { DELIVERY, RELAYED } from "./delivery.ts";
import type { LargeGroup } from "./large-group.ts";
import { MEMBERS } from "./members.ts";
import { MESSAGES_READ } from "./messages-read.ts";
import { MESSAGES_WRITTEN } from "./messages-written.ts";
import type { Rows } from "./rows.ts";

/** In this order the calls are made: the last one ends the group. */
export const CONVERSATION_ROWS: Rows<typeof CONVERSATION_CALLS, LargeGroup> = {
  ...MESSAGES_READ,
  ...MESSAGES_WRITTEN,
  ...RELAYED,
  ...DELIVERY,
  ...MEMBERS,
};
