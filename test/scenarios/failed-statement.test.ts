import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { expectAgreement, runJobs } from "../support/agree.ts";
import { call } from "../support/api.ts";
import { failStatement } from "../support/break.ts";
import { conversationObject, newGroup, nth, people, post } from "../support/room.ts";
import { openRoom } from "../support/socket.ts";

test("whoever is out has no socket left, whichever statement of his removal failed", async () => {
  const all = await people(3);
  const [ann, bob, cid] = [nth(all, 0), nth(all, 1), nth(all, 2)];
  let step = 1;
  for (let isHit = true; isHit; step++) {
    const id = await newGroup(ann, bob, cid);
    await runJobs(id);
    const [his, others] = [await openRoom(id, bob.token), await openRoom(id, cid.token)];
    let status: number;
    {
      using broken = await failStatement(id, step);
      const path = `/v1/conversations/${id}/members/${bob.user.id}`;
      status = (await call("DELETE", path, { token: ann.token })).status;
      isHit = broken.isHit;
    }
    const at = `statement ${step} failed, answered ${status}`;
    const last = await post(id, ann, "who is here?");
    await others.until(({ seqs }) => seqs.includes(last));
    const inside = await call("GET", `/v1/conversations/${id}`, { token: bob.token });
    if (status === 204) expect(inside.status, at).toBe(404);
    if (inside.status === 404) {
      expect((await his.closed()).code, at).toBe(4001);
      expect(his.seqs, at).toEqual([]);
      // His tip and the message after it: nobody misses a seq.
      expect(others.seqs, at).toEqual([1, 2]);
    } else {
      await his.until(({ seqs }) => seqs.includes(last));
    }
    await evictDurableObject(conversationObject(id));
    await runJobs(id);
    await expectAgreement(id);
  }
  expect(step).toBeGreaterThan(5);
});
