import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { handlers } from "../../support/app.ts";
import { call, expectProblem, freshName, login, PASSWORD, register } from "../../support/clients/api.ts";

const registered = (username: string) =>
  call("POST", "/v1/register", { body: { username, password: PASSWORD } });

/** A name in letters and digits that no other test uses. */
const fresh = () => `bo${freshName("").replaceAll(/[^a-f2-9]/g, "")}`;

async function accountsNamed(...names: string[]): Promise<number> {
  const query = env.DB.prepare(
    "SELECT count(*) AS n FROM users WHERE username IN (SELECT value FROM json_each(?))",
  );
  return (await query.bind(JSON.stringify(names)).first<number>("n")) ?? 0;
}

test.each<[string, (name: string) => string]>([
  ["another case", (name) => name.toUpperCase()],
  ["a letter of another script", (name) => name.replace("o", "о")],
  ["a fullwidth letter", (name) => name.replace("b", "ｂ")],
  ["a digit for a letter", (name) => name.replace("o", "0")],
])("a name that differs by %s from another user's is refused, without naming them", async (_, change) => {
  const name = fresh();
  await register(name);
  const refused = await registered(change(name));
  expectProblem(refused, 409, "conflict");
  expect(refused.body).toMatchObject({
    detail: "This username looks like the name of another user. Choose another one.",
  });
  expect(JSON.stringify(refused.body)).not.toContain(name);
  expect(await accountsNamed(change(name))).toBe(0);
  // The very same name still says that it is taken.
  expect((await registered(name)).body).toMatchObject({
    detail: "This username is taken. Choose another one.",
  });
});

test("a capital I looks like a small L, and it is a small i in another case", async () => {
  const name = fresh();
  await register(`${name}l`);
  expectProblem(await registered(`${name}I`), 409, "conflict");
  await register(`${name}ik`);
  expectProblem(await registered(`${name}Ik`), 409, "conflict");
});

test("of many concurrent registrations of names that look alike one creates an account", async () => {
  const name = fresh();
  const names = [
    name,
    name.toUpperCase(),
    name.replace("o", "о"),
    name.replace("o", "0"),
    `B${name.slice(1)}`,
  ];
  const answers = await Promise.all([...names, ...names].map(registered));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 409, "conflict");
  expect(await accountsNamed(...names)).toBe(1);
});

test("the names of deleted accounts stay taken for names that look like them", async () => {
  const name = fresh();
  const { token } = await register(name);
  expect((await call("DELETE", "/v1/me", { token, body: { password: PASSWORD } })).status).toBe(204);
  expectProblem(await registered(name), 409, "conflict");
  expectProblem(await registered(name.toUpperCase()), 409, "conflict");
});

test("sign-in takes the exact name, not one that looks like it", async () => {
  const name = fresh();
  const { user } = await register(name);
  expect((await login(name)).user.id).toBe(user.id);
  const other = { username: name.toUpperCase(), password: PASSWORD };
  expectProblem(await call("POST", "/v1/login", { body: other }), 401, "unauthenticated");
});

test("accounts from before keep names that look alike, and the hourly job protects them", async () => {
  const name = fresh();
  const insert = env.DB.prepare("INSERT INTO users (username, created_at) VALUES (?, 0)");
  await env.DB.batch([insert.bind(name), insert.bind(name.toUpperCase())]);
  const former = fresh();
  await env.DB.prepare("INSERT INTO former_usernames (username) VALUES (?)").bind(former).run();
  await handlers.scheduled(createScheduledController(), env);
  expectProblem(await registered(name.replace("o", "о")), 409, "conflict");
  expectProblem(await registered(former.replace("o", "о")), 409, "conflict");
  expect(await accountsNamed(name, name.toUpperCase())).toBe(2);
  const left = env.DB.prepare("SELECT count(*) AS n FROM users WHERE keys_version = 0");
  expect(await left.first("n")).toBe(0);
});

test("the hourly job stores the keys of more names than one statement takes", async () => {
  const names = JSON.stringify(Array.from({ length: 450 }, () => freshName("many")));
  await env.DB.prepare("INSERT INTO users (username, created_at) SELECT value, 0 FROM json_each(?)")
    .bind(names)
    .run();
  await handlers.scheduled(createScheduledController(), env);
  const left = env.DB.prepare("SELECT count(*) AS n FROM users WHERE keys_version = 0");
  expect(await left.first("n")).toBe(0);
});

test.each([
  ["letters that nobody sees", "\u3164\u034f\u3164"],
  ["an invisible letter at the end", "boss\u3164"],
  ["a halfwidth filler", "boss\uffa0"],
  ["a grapheme joiner", "bo\u034fss"],
  ["a variation selector", "boss\ufe0f"],
  ["a joiner between letters that need it elsewhere", "می\u200cخواهم"],
  ["an inherent vowel of Khmer", "boss\u17b4"],
  ["only marks", "\u0301\u0302"],
  ["twenty accents", `bo${"\u0301".repeat(20)}`],
  ["the same accent twice", "bo\u0307\u0307x"],
  ["two dots", ".."],
  ["only punctuation", "_-."],
])("a username with %s is refused", async (_, username) => {
  const answer = await registered(username);
  expectProblem(answer, 400, "validation_failed");
  expect(answer.body).toMatchObject({ errors: [{ path: "body.username" }] });
});

test.each(["Deleted-1", "deleted-１００", "deIeted-100000", "deleted-1oo"])(
  "%s looks like a deleted user, and is refused as a username and as a nickname",
  async (name) => {
    // Fullwidth digits and letters that look alike: all have the key of deleted-<digits>.
    expectProblem(await registered(name), 409, "conflict");
    const { token } = await register();
    const answer = await call("PATCH", "/v1/me", { token, body: { nickname: name } });
    expectProblem(answer, 400, "validation_failed");
  },
);

const HIDDEN = [
  "a\u202eb",
  "a\u2066b",
  "a\u200fb",
  "a\nb",
  "a\u0007b",
  "a\u0085b",
  "\u3164",
  "a\u200db",
  " ",
  "\u2800",
];
const READABLE = [
  ...["Ann ❤️", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣ Ann", "می\u200cخواهم", "ශ්\u200dරී", "क्\u200dष"],
  ...["葛\u{e0100}城", "שָׁלוֹם", "ที่นี้", "O'Neil, Jr.", "Ann "],
];

test.each(HIDDEN)("the nickname, group name and name card %j are refused", async (name) => {
  const { token, user } = await register();
  const group = { kind: "group", name: "Friends", member_ids: [] };
  const created = await call("POST", "/v1/conversations", { token, body: group });
  const { id } = z.object({ id: z.int() }).parse(created.body);
  const path = `/v1/conversations/${id}`;
  for (const answer of [
    await call("PATCH", "/v1/me", { token, body: { nickname: name } }),
    await call("POST", "/v1/register", {
      body: { username: freshName(), password: PASSWORD, nickname: name },
    }),
    await call("POST", "/v1/conversations", { token, body: { ...group, name } }),
    await call("PATCH", path, { token, body: { name } }),
    await call("PATCH", `${path}/members/${user.id}`, { token, body: { name_card: name } }),
  ]) {
    expectProblem(answer, 400, "validation_failed");
  }
  expect((await call("GET", path, { token })).body).toMatchObject({ name: "Friends" });
});

test.each(READABLE)("the nickname and group name %j are kept as they are", async (name) => {
  const { token } = await register();
  const me = await call("PATCH", "/v1/me", { token, body: { nickname: name } });
  expect(me.body).toMatchObject({ nickname: name });
  const body = { kind: "group", name, member_ids: [] };
  expect((await call("POST", "/v1/conversations", { token, body })).body).toMatchObject({ name });
});
