import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { ServerSpace } from "../../../src/surfaces/v1/server/spaces.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId } from "../../support/accounts/server-users.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { list } from "../../support/clients/chat.ts";
import { breakAt } from "../../support/faults/injected-fault.ts";
import { eachStep, type StepResult } from "../../support/faults/sampled-steps.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() =>
  setTiming({ rpcRetry: { backoffMs: 1 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }),
);

beforeAll(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
});

test.each(["inbox", "D1 before", "D1 after"] as const)(
  "a space of a backend is whole after a repeat, whichever step of %s fails, and its private channel was never open",
  async (place) => {
    const { text: token } = await makeServerKey(["conversations"]);
    await eachStep(`put of a space, ${place}`, 6, async (step): Promise<StepResult> => {
      const ext = `s-${crypto.randomUUID()}`;
      const body = {
        ...{ name: "Team", owner: ann.user.id, members: [bob.user.id, `ext:${freshExternalId()}`] },
        roles: [{ external_id: "leads", name: "Leads", permissions: ["pin"] }],
        channels: [
          { external_id: `${ext}-all`, name: ext },
          { external_id: `${ext}-board`, name: "board", visibility: "private", role_ids: ["leads"] },
        ],
      };
      const path = `/v1/server/spaces/ext:${ext}`;
      const put = () => call("PUT", path, { token, body });
      let result: StepResult;
      {
        using fault = await breakAt(place, step, { conversationId: 0, userId: bob.user.id });
        await put();
        result = { isHit: fault.isHit, steps: fault.steps };
      }
      const cut = await call("GET", path, { token });
      const seen = cut.status === 200 ? ServerSpace.parse(cut.body).channels : [];
      expect(seen.filter((one) => one.name === "board" && one.visibility !== "private")).toEqual([]);
      const repeated = await put();
      expect([200, 201], JSON.stringify(repeated.body)).toContain(repeated.status);
      const space = ServerSpace.parse(repeated.body);
      expect(space).toMatchObject({ member_count: 3, roles: [{ position: 1 }], owner_id: ann.user.id });
      expect(space.channels.map(({ visibility }) => visibility)).toEqual(["open", "private"]);
      expect(await put()).toMatchObject({ status: 200, body: space });
      const all = ConversationId.parse(space.channels[0]?.id);
      await runJobs(all);
      await assertConsistent(all);
      for (const who of [ann, bob])
        expect((await list(who, "?limit=100")).items.map((item) => item.name)).toContain(ext);
      return result;
    });
  },
);
