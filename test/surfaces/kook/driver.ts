import { conversationCode } from "../../support/clients/chat.ts";
import type { Driver } from "../../support/surfaces/driver.ts";
import { create, idOf, remove } from "./client.ts";

/** This API only opens and deletes direct conversations. */
export const kook: Driver = {
  name: "kook",
  open: async (who, peer) => idOf((await create(who, peer)).code),
  clear: async (who, id) => remove(who, await conversationCode(id)),
};
