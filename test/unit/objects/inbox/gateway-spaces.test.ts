import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { SpaceId, UserId } from "../../../../src/domain/ids.ts";
import { MAX_VIEWS, type SpaceChange, SpaceView } from "../../../../src/domain/spaces/view.ts";
import { TIMING } from "../../../../src/domain/timing.ts";
import { GATEWAY_SPACES_TABLE, GatewaySpaces } from "../../../../src/inbox/gateway/gateway-spaces.ts";
import { CallBudget } from "../../../../src/object/concurrency.ts";

const viewOf = (id: number, name: string) =>
  SpaceView.parse({
    ...{ id, name, avatar: "", description: "", ownerId: 1 },
    channels: [],
    roles: [],
    members: [],
  });

test("a bot in more spaces than are read at once is told of those that change", async () => {
  const inbox = env.INBOX.getByName(`spaces ${crypto.randomUUID()}`);
  await runInDurableObject(inbox, async (_, { storage }) => {
    storage.sql.exec(GATEWAY_SPACES_TABLE);
    let newest = MAX_VIEWS + 10;
    let name = "before";
    const changes: string[] = [];
    const spaces = new GatewaySpaces(storage, {
      conversations: { follow: () => Promise.reject(new Error("nothing is to be followed")) },
      directory: {
        // The newest ones, or one alone.
        spaceViews: async (_id, only) =>
          Array.from({ length: only === null ? MAX_VIEWS : 1 }, (_, at) => ({
            view: viewOf(only ?? newest - at, name),
            unfollowed: [],
          })),
        isSpaceOver: () => Promise.resolve(false),
      },
      format: {
        spaceChanged: ({ before, after }: SpaceChange) => {
          if (before?.name !== after?.name)
            changes.push(`${before?.name} ${before?.id} → ${after?.name} ${after?.id}`);
          return [];
        },
      },
      timing: TIMING,
      userId: () => UserId.parse(1),
    });
    const read = async (only: number | null) => {
      const reading = await spaces.read(only === null ? null : SpaceId.parse(only), new CallBudget(1_000));
      reading?.store();
      return changes.splice(0);
    };
    expect(await read(null)).toEqual([]);
    // An old one is read alone: the bot has not come into it, and it has not left it.
    expect(await read(5)).toEqual([]);
    expect(await read(null)).toEqual([]);
    // Two new ones come, and two old ones are not read any more.
    newest += 2;
    const [second, first] = [newest, newest - 1].map((one) => `undefined undefined → before ${one}`);
    expect(await read(null)).toEqual([second, first]);
    name = "after";
    expect(await read(5)).toEqual(["before 5 → after 5"]);
  });
});
