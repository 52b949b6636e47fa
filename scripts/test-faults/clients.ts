import type { Fault } from "./fault.ts";

/** Faults in the page and in `parley-client`. */
export const CLIENTS: readonly Fault[] = [
  {
    name: "a button of a bot leads to an address that is no web page",
    area: "page",
    file: "web/src/message/buttons/link-button.tsx",
    from: "const href = webAddress(url);",
    to: "const href = webAddress(url) || url;",
    caughtBy: "web/test/addresses.test.ts",
  },
  {
    name: "what was under way when the socket was lost is not sent again",
    area: "client",
    file: "packages/client/src/outbox/outbox.ts",
    from: 'if (item.state === "sending") this.#put(lane, { ...item, state: "queued" });',
    to: 'if (item.state === "sent") this.#put(lane, { ...item, state: "queued" });',
    caughtBy: "packages/client/test/properties/broken-connections.test.ts",
  },
  {
    name: "the newest message is shown as stored and as waiting",
    area: "client",
    file: "packages/client/src/outbox/outbox.ts",
    from: "if (seq <= shown) this.#remove(lane, clientMsgId);",
    to: "if (seq < shown) this.#remove(lane, clientMsgId);",
    caughtBy: "packages/client/test/outbox.test.ts",
  },
  {
    name: "what waits in the cache is sent in any order after a reload",
    area: "client",
    file: "packages/client/src/cache/cache.ts",
    from: "\n        .sort((a, b) => a.place - b.place);",
    to: ";",
    caughtBy: "packages/client/test/cache/cache.test.ts",
  },
  {
    name: "what is typed while a draft is saved counts as saved",
    area: "client",
    file: "packages/client/src/drafts/saver.ts",
    from: "else if (isSame(field.content, content)) field.isSaved = true;",
    to: "else field.isSaved = true;",
    caughtBy: "packages/client/test/people/drafts.test.ts",
  },
];
