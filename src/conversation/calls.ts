import { BACKEND } from "./calls/backend.ts";
import { BOTS, INCOMING_HOOKS } from "./calls/bots-and-hooks.ts";
import { DEVICES } from "./calls/devices.ts";
import { ATTRIBUTES, CHANNEL, GROUP } from "./calls/group.ts";
import { OWN_STATE } from "./calls/own-state.ts";
import { READING } from "./calls/reading.ts";
import { RELAYED } from "./calls/relays.ts";
import { TRANSFER } from "./calls/transfer.ts";
import { UPKEEP } from "./calls/upkeep.ts";
import { WRITING } from "./calls/writing.ts";

/**
 * The calls of conversations. Each takes one object, and ignores fields that it does not know; a device's
 * sends also take a function. Unless a call says otherwise, `userId` is the caller, and a caller who is no
 * member gets `not_found`.
 */
export const CONVERSATION_CALLS = {
  ...READING,
  ...WRITING,
  ...OWN_STATE,
  ...GROUP,
  ...DEVICES,
  ...RELAYED,
  ...UPKEEP,
  ...BACKEND,
  ...INCOMING_HOOKS,
  ...BOTS,
  ...ATTRIBUTES,
  ...TRANSFER,
  ...CHANNEL,
};
