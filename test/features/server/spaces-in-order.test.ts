import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ServerSpace } from "../../../src/surfaces/v1/server/spaces.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { type Answer, call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup } from "../../support/clients/chat.ts";
import { setSpacesDirectory } from "../../support/settings.ts";

let token = "";
let ann: SignedIn;

beforeAll(async () => {
  token = (await makeServerKey(["conversations", "users"])).text;
  ann = await register();
});

const ask = (method: string, path: string, body?: object): Promise<Answer> =>
  call(method, `/v1/server/${path}`, { token, ...(body && { body }) });
const put = (ext: string, body: object) => ask("PUT", `spaces/ext:${ext}`, body);

function spaceOf({ status, body }: Answer, expected = 200) {
  expect(status, JSON.stringify(body)).toBe(expected);
  return ServerSpace.strict().parse(body);
}

const fresh = () => `s-${crypto.randomUUID()}`;
const Layout = z.object({
  items: z.array(z.object({ name: z.string(), category_id: z.int().nullable() })),
  categories: z.array(z.object({ id: z.int(), name: z.string() })),
});

test("a backend puts channels into categories, and what it leaves out stays", async () => {
  const ext = fresh();
  const wanted = {
    ...{ name: "Team 7", owner: ann.user.id },
    categories: [
      { external_id: "work", name: "Work" },
      { external_id: "fun", name: "Fun" },
    ],
    channels: [
      { external_id: `${ext}-games`, name: "games", category: "fun" },
      { external_id: `${ext}-all`, name: "all" },
      { external_id: `${ext}-plans`, name: "plans", category: "work" },
    ],
  };
  const made = spaceOf(await put(ext, wanted), 201);
  const [work, fun] = made.categories;
  expect(made.categories).toMatchObject([
    { external_id: "work", name: "Work" },
    { external_id: "fun", name: "Fun" },
  ]);
  expect(made.channels).toMatchObject([
    { name: "all", category_id: null },
    { name: "plans", category_id: work?.id },
    { name: "games", category_id: fun?.id },
  ]);
  expect(spaceOf(await put(ext, wanted))).toEqual(made);
  const layout = await call("GET", `/v1/spaces/${made.id}/channels`, { token: ann.token });
  expect(Layout.parse(layout.body)).toEqual({
    categories: [
      { id: work?.id, name: "Work" },
      { id: fun?.id, name: "Fun" },
    ],
    items: made.channels.map(({ name, category_id }) => ({ name, category_id })),
  });
  // One of a member's is among them, and has an id of Parley's.
  await call("POST", `/v1/spaces/${made.id}/categories`, { token: ann.token, body: { name: "Mine" } });
  const changed = spaceOf(
    await put(ext, {
      categories: [
        { external_id: "fun", name: "Leisure" },
        { external_id: "new", name: "New" },
      ],
      channels: [
        { external_id: `${ext}-all`, category: "new" },
        { external_id: `${ext}-plans`, category: null },
        { external_id: `${ext}-games`, topic: "Chess" },
      ],
    }),
  );
  expect(changed.categories.map(({ name }) => name)).toEqual(["Work", "Leisure", "Mine", "New"]);
  expect(changed.channels).toMatchObject([
    { name: "plans", category_id: null },
    { name: "games", category_id: fun?.id, topic: "Chess" },
    { name: "all", category_id: changed.categories[3]?.id },
  ]);
  const place = { external_id: `${ext}-all`, category: "nowhere" };
  expectProblem(await put(ext, { channels: [place] }), 400, "validation_failed");
  expectProblem(await put(ext, { categories: [{ external_id: "unnamed" }] }), 400, "validation_failed");
  const many = Array.from({ length: 47 }, (_, n) => ({ external_id: `c-${n}`, name: `c ${n}` }));
  expectProblem(await put(ext, { categories: many }), 409, "conflict");
  expect(spaceOf(await put(ext, {}))).toEqual(changed);
});

test("a backend says whether the directory shows a space, and keeps metadata with it", async () => {
  using _ = { [Symbol.dispose]: setSpacesDirectory("on") };
  const ext = fresh();
  const name = `Club ${ext.slice(-8)}`;
  const fields = { discoverable: true, metadata: { plan: "pro" }, slow_mode_s: 30 };
  const made = spaceOf(await put(ext, { name, owner: ann.user.id, ...fields }), 201);
  expect(made).toMatchObject(fields);
  const found = () => call("GET", `/v1/spaces/directory?q=${name.slice(-8)}`, { token: ann.token });
  expect((await found()).body).toMatchObject({ items: [{ id: made.id }] });
  expect((await call("GET", `/v1/spaces/${made.id}`, { token: ann.token })).body).toMatchObject(fields);
  const hidden = spaceOf(await put(ext, { discoverable: false }));
  expect(hidden).toMatchObject({ ...fields, discoverable: false });
  expect((await found()).body).toMatchObject({ items: [] });
});

test("a backend is told of which space a conversation is a channel", async () => {
  const ext = fresh();
  const channels = [{ external_id: `${ext}-all`, name: "all" }];
  const { id } = spaceOf(await put(ext, { name: "Team", owner: ann.user.id, channels }), 201);
  const channel = await ask("GET", `conversations/ext:${ext}-all`);
  expect(channel.body).toMatchObject({ space_id: id });
  const group = await createGroup(ann, []);
  expect((await ask("GET", `conversations/${group.id}`)).body).toMatchObject({ space_id: null });
});
