import { expect, test } from "vitest";
import { z } from "zod";
import { call, expectProblem, registerUsers } from "../../support/clients/api.ts";
import { page } from "../../support/clients/chat.ts";
import { changeScheduled, getScheduled, HOUR, pass, schedule } from "../../support/clients/scheduled.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";

const Answer = z.object({ scheduled: z.object({ id: z.string() }) });

test("a poll that ends more than a year after it is sent cannot be scheduled", async () => {
  const ann = itemAt(await registerUsers(1), 0);
  const id = await createGroupId(ann);
  const year = 365 * 86_400_000;
  const sendAt = Date.now() + 3_600_000;
  const schedule = (endsAt: number) => {
    const poll = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: endsAt };
    const body = { kind: "poll", body: poll, client_msg_id: "poll", send_at: sendAt };
    return call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body });
  };
  expectProblem(await schedule(sendAt + year + 1), 400, "validation_failed");
  const { status, body } = await schedule(sendAt + year);
  expect(status).toBe(202);
  const { scheduled } = Answer.parse(body);
  const earlier = { token: ann.token, body: { send_at: sendAt - 1 } };
  expectProblem(await call("PATCH", `/v1/scheduled/${scheduled.id}`, earlier), 400, "validation_failed");
});

test("a poll cannot be scheduled for a time when it has ended", async () => {
  const ann = itemAt(await registerUsers(1), 0);
  const id = await createGroupId(ann);
  const endsAt = Date.now() + 3_600_000;
  const schedule = (send_at: number) => {
    const poll = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: endsAt };
    const body = { kind: "poll", body: poll, client_msg_id: "poll", send_at };
    return call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body });
  };
  expectProblem(await schedule(endsAt), 400, "validation_failed");
  const { status, body } = await schedule(endsAt - 1_000);
  expect(status).toBe(202);
  const { scheduled } = Answer.parse(body);
  const later = { token: ann.token, body: { send_at: endsAt + 1 } };
  expectProblem(await call("PATCH", `/v1/scheduled/${scheduled.id}`, later), 400, "validation_failed");
});

test("the question of a poll that waits can be changed, and a text can become a poll", async () => {
  const ann = itemAt(await registerUsers(1), 0);
  const id = await createGroupId(ann);
  const poll = { question: "Wen?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };
  const mended = { kind: "poll", body: { ...poll, question: "When?" } };
  for (const what of [{ kind: "poll", body: poll }, "When?"]) {
    const scheduled = await schedule(ann, id, what);
    const changed = await changeScheduled(ann, scheduled, mended);
    expect(changed).toMatchObject({ status: 200, body: mended });
    const over = { kind: "poll", body: { ...poll, ends_at: Date.now() + 60_000 } };
    expectProblem(await changeScheduled(ann, scheduled, over), 400, "validation_failed");
    expect((await getScheduled(ann, scheduled)).body).toMatchObject(mended);
    await pass(ann, HOUR);
    expect((await page(ann, id)).items[0]).toMatchObject({ ...mended, poll: { counts: [0, 0] } });
  }
});
