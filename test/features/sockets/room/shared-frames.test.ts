import { afterEach, expect, test, vi } from "vitest";
import { FileOrigins } from "../../../../src/domain/files/file-origins.ts";
import { registerUsers } from "../../../support/clients/api.ts";
import { send } from "../../../support/clients/chat.ts";
import { openRoom } from "../../../support/clients/socket.ts";
import { createGroupId, itemAt } from "../../../support/objects/room.ts";

afterEach(() => vi.restoreAllMocks());

test("a message to many sockets of one address is searched for URLs of files once", async () => {
  const users = await registerUsers(3);
  const ann = itemAt(users, 0);
  const id = await createGroupId(ann, ...users.slice(1));
  const rooms = await Promise.all(users.flatMap(({ token }) => [openRoom(id, token), openRoom(id, token)]));
  const searched = vi.spyOn(FileOrigins.prototype, "toShown");
  await send(ann, id, "to six sockets");
  for (const room of rooms) await room.next("message");
  const inFrames = searched.mock.calls.filter(([text]) => text.startsWith('{"type":"message"'));
  expect(inFrames).toHaveLength(1);
});
