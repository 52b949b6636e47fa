import type { Driver } from "../../support/surfaces/driver.ts";
import { appkey as call, idOf, list, open, send, success } from "./client.ts";

const wireId = (id: number) => -100_000_000 - id;

export const appkey: Driver = {
  name: "appkey",
  open: async (who, peer) => idOf(await open(who, peer)),
  send: async (who, id, text) => {
    await send(who, wireId(id), text);
  },
  history: async (who, id) => {
    const items = await list(who, wireId(id), "&limit=100");
    return items
      .map(({ id: by, messagekey, content: text }) => ({ seq: Number(messagekey.split("-")[1]), by, text }))
      .reverse();
  },
  hide: async (who, id, seq) => {
    success(await call(who, "DELETE", "/message", { messagekey: `${id}-${seq}`, type: 1 }));
  },
  revoke: async (who, id, seq) => {
    success(await call(who, "DELETE", "/message", { messagekey: `${id}-${seq}`, type: 2 }));
  },
};
