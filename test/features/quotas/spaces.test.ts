import { expect, onTestFinished, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { setQuotas, setSpacesDirectory } from "../../support/settings.ts";
import { as, Scene, Space } from "../spaces/scene.ts";

const make = (who: SignedIn, fields: object = {}) =>
  as(who, "POST", "/v1/spaces", { name: "Club", ...fields });
const succeed = (answers: Answer[]) => answers.filter(({ status }) => status < 300).length;

async function oldUser(): Promise<SignedIn> {
  return itemAt(await signedInUsers(1, 7 * 86_400), 0);
}

test("a user makes so many spaces a day, fifty at once too, and a repeat is none", async () => {
  onTestFinished(setQuotas("spaces=3"));
  const ann = await oldUser();
  const answers = await Promise.all(range(0, 9).map((n) => make(ann, { client_space_id: `s-${n}` })));
  expect(succeed(answers)).toBe(3);
  const refused = answers.filter(({ status }) => status >= 300);
  for (const answer of refused) {
    expectProblem(answer, 429, "quota");
    expect(answer.body).toMatchObject({ limit: 3, used: 3, resets_at: expect.any(Number) });
  }
  const n = answers.findIndex(({ status }) => status === 201);
  expect((await make(ann, { client_space_id: `s-${n}` })).status).toBe(200);
});

test("a user is in so many spaces, by whichever door they come", async () => {
  const scenes = await Promise.all(range(0, 4).map(() => Scene.make()));
  const codes = await Promise.all(scenes.map((scene) => scene.invite(scene.ann)));
  onTestFinished(setQuotas("in_spaces=3"));
  onTestFinished(setSpacesDirectory("on"));
  const ann = await oldUser();
  const own = await make(ann, { client_space_id: "own" });
  expect(own.status).toBe(201);
  const joined = await Promise.all(codes.map((code) => as(ann, "POST", `/v1/invitations/${code}`)));
  expect(succeed(joined)).toBe(2);
  for (const answer of joined.filter(({ status }) => status >= 300)) expectQuota(answer);
  const outside = itemAt(
    scenes.filter((_, n) => itemAt(joined, n).status >= 300),
    0,
  );
  await outside.done(outside.ann, "PATCH", "", { discoverable: true }, 200);
  expectQuota(await outside.ask(ann, "POST", "/join"));
  expect((await outside.ask(ann, "GET")).status).toBe(404);
  expectQuota(await make(ann, { client_space_id: "another" }));
  // What is there already is no other one.
  expect((await make(ann, { client_space_id: "own" })).status).toBe(200);
  const inside = joined.findIndex(({ status }) => status < 300);
  expect((await as(ann, "POST", `/v1/invitations/${codes[inside]}`)).status).toBe(200);
  // A space that is over, or left, leaves room.
  await as(ann, "DELETE", `/v1/spaces/${Space.parse(own.body).id}`);
  expect((await outside.ask(ann, "POST", "/join")).status).toBe(200);
  await itemAt(scenes, inside).done(ann, "POST", "/leave");
  expect((await make(ann)).status).toBe(201);
  expectQuota(await make(ann));
});

function expectQuota(answer: Answer): void {
  expectProblem(answer, 429, "quota");
  expect(answer.body).toMatchObject({ limit: 3, used: 3, resets_at: null });
}
