import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { ServerConversation } from "../../../src/surfaces/v1/server/conversations.ts";
import { conversationPath, freshConversationId } from "../../support/accounts/server-conversations.ts";
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
let runs = 0;

beforeAll(() =>
  setTiming({ rpcRetry: { backoffMs: 1 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }),
);

beforeAll(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
});

const Created = z.object({ id: ConversationId });

test.each(["inbox", "D1 before", "D1 after"] as const)(
  "a group that is created with a client group id exists once after a repeat, whichever step of %s fails",
  async (place) => {
    await call("GET", "/v1/conversations", { token: ann.token });
    await eachStep(`group creation, ${place}`, 4, async (step): Promise<StepResult> => {
      const name = `group ${++runs}`;
      const body = { kind: "group", name, member_ids: [bob.user.id], client_group_id: name };
      const create = () => call("POST", "/v1/conversations", { token: ann.token, body });
      let result: StepResult;
      {
        using fault = await breakAt(place, step, { conversationId: 0, userId: ann.user.id });
        await create();
        result = { isHit: fault.isHit, steps: fault.steps };
      }
      const repeated = await create();
      expect([200, 201], JSON.stringify(repeated.body)).toContain(repeated.status);
      const { id } = Created.parse(repeated.body);
      expect((await create()).status).toBe(200);
      const found = env.DB.prepare("SELECT id FROM conversations WHERE name = ?").bind(name);
      expect((await found.all()).results).toEqual([{ id }]);
      // An inbox that failed gets its update from the alarm.
      await runJobs(id);
      await assertConsistent(id);
      for (const who of [ann, bob]) {
        expect((await list(who, "?limit=100")).items.map((item) => item.name)).toContain(name);
      }
      return result;
    });
  },
);

test.each(["inbox", "D1 before", "D1 after"] as const)(
  "a group of a backend exists once after a repeat, with its users, whichever step of %s fails",
  async (place) => {
    const { text: token } = await makeServerKey(["conversations"]);
    await eachStep(`put of a group, ${place}`, 4, async (step): Promise<StepResult> => {
      const [ext, newcomer] = [freshConversationId(), freshExternalId()];
      const members = [bob.user.id, `ext:${newcomer}`];
      const body = { kind: "group", name: `put ${++runs}`, owner: ann.user.id, members };
      const put = () => call("PUT", conversationPath(ext), { token, body });
      let result: StepResult;
      {
        using fault = await breakAt(place, step, { conversationId: 0, userId: ann.user.id });
        await put();
        result = { isHit: fault.isHit, steps: fault.steps };
      }
      const repeated = await put();
      expect([200, 201], JSON.stringify(repeated.body)).toContain(repeated.status);
      const { id, member_count } = ServerConversation.parse(repeated.body);
      expect(member_count).toBe(3);
      const groups = env.DB.prepare("SELECT id FROM conversations WHERE name = ?").bind(body.name);
      expect((await groups.all()).results).toEqual([{ id }]);
      const users = env.DB.prepare("SELECT count(*) AS n FROM users WHERE external_id = ?").bind(newcomer);
      expect(await users.first("n")).toBe(1);
      await runJobs(id);
      await assertConsistent(id);
      for (const who of [ann, bob])
        expect((await list(who, "?limit=100")).items.map((item) => item.name)).toContain(body.name);
      return result;
    });
  },
);
