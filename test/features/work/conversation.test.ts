import { beforeAll } from "vitest";
import { CONVERSATION_ROWS } from "./conversation.ts";
import { type LargeGroup, largeGroups } from "./large-group.ts";
import { playRows } from "./rows.ts";

const groups = largeGroups();

beforeAll(async () => {
  // The first call takes the profiles of all members from D1.
  for (const { counted, owner: userId } of groups) await counted.call("page", [{ userId, limit: 1 }]);
});

playRows<LargeGroup, unknown[]>("Conversations", CONVERSATION_ROWS, groups, (group, name, input) =>
  group.count(name, input),
);
