import { codeOf } from "../../support/clients/chat.ts";
import type { Driver } from "../../support/surfaces/driver.ts";
import { create, idOf, remove } from "./client.ts";

/** It can do nothing but open a direct conversation, and delete it. */
export const kook: Driver = {
  name: "kook",
  open: async (who, peer) => idOf((await create(who, peer)).code),
  clear: async (who, id) => remove(who, await codeOf(id)),
};
