import { beforeAll, expect, test } from "vitest";
import {
  type CallOptions,
  call,
  freshName,
  login,
  PASSWORD,
  problem,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import { createGroup, readable, rowsInD1, send } from "../../support/clients/chat.ts";
import { Errors } from "../../support/errors.ts";

const BODIES = [
  ["POST", "/v1/register"],
  ["POST", "/v1/login"],
  ["PATCH", "/v1/me"],
  ["DELETE", "/v1/me"],
  ["POST", "/v1/me/password"],
  ["POST", "/v1/conversations"],
  ["POST", "/v1/conversations/:id/messages"],
  ["PUT", "/v1/conversations/:id/read"],
  ["PUT", "/v1/conversations/:id/preferences"],
] as const;

/** Calls whose every field may be absent: without a body they change nothing. */
const OPTIONAL = ["/v1/me", "/v1/conversations/:id/preferences"];

let ann: SignedIn;
let id: number;

beforeAll(async () => {
  ann = await register();
  id = (await createGroup(ann)).id;
  await send(ann, id, "hello");
});

/** What a refused call must not change. */
const state = async () => [
  await call("GET", "/v1/me", { token: ann.token }).then(({ body }) => body),
  await readable(ann, id),
  await rowsInD1(),
];

const ask = (method: string, path: string, options: CallOptions) =>
  call(method, path.replace(":id", String(id)), { token: ann.token, ...options });

const tenMegabytes = "x".repeat(10 * 1024 * 1024);
const utf8 = new TextEncoder();
const invalidUtf8 = new Uint8Array([...utf8.encode('{"username":"'), 0xff, 0xfe, ...utf8.encode('"}')]);
const utf8Surrogate = new Uint8Array([
  ...utf8.encode('{"username":"'),
  0xed,
  0xa0,
  0x80,
  ...utf8.encode('"}'),
]);

/** Every body which no call may take, whatever its fields are called. */
const BAD: [string, CallOptions["body"]][] = [
  ["not JSON", "{"],
  ["no JSON at all", "hello"],
  ["JSON with a comma too many", '{"username":"abc",}'],
  ["two values", "{}{}"],
  ["null", "null"],
  ["a number", "1"],
  ["a string", '"text"'],
  ["an array", "[]"],
  ["invalid UTF-8", invalidUtf8],
  ["a surrogate encoded as UTF-8", utf8Surrogate],
  ["a byte order mark", "\ufeff{}"],
  ["U+0000", '{"username":"a\\u0000b","password":"12345678","nickname":"a\\u0000b"}'],
  ["half a surrogate pair", '{"username":"a\\ud800b","password":"12345678","nickname":"\\ud800"}'],
  ["the other half", '{"username":"a\\udc00b","password":"12345678","nickname":"\\udc00"}'],
  ["U+0000 in a key", '{"a\\u0000":1}'],
  ["nesting", `{"x":${"[".repeat(33)}${"]".repeat(33)}}`],
  ["deep nesting", `${"[".repeat(30_000)}${"]".repeat(30_000)}`],
  ["deep unclosed nesting", '{"a":'.repeat(10_000)],
];

test.each(BODIES)("%s %s refuses what is no JSON object", async (method, path) => {
  const before = await state();
  using errors = new Errors();
  for (const [name, body] of BAD) {
    const answer = await ask(method, path, { body });
    expect(answer, name).toMatchObject({ status: 400 });
    problem(answer, 400, "validation_failed");
  }
  expect(errors.logged).toEqual([]);
  expect(await state()).toEqual(before);
});

test.each(BODIES)("%s %s refuses more than 64 KiB, however it comes", async (method, path) => {
  const before = await state();
  using errors = new Errors();
  problem(await ask(method, path, { body: { nickname: tenMegabytes } }), 413, "too_large");
  problem(await ask(method, path, { body: " ".repeat(64 * 1024 + 1) }), 413, "too_large");
  const { readable: stream, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writing = write(writable, new Uint8Array(1024 * 1024));
  problem(await ask(method, path, { body: stream }), 413, "too_large");
  await writing;
  expect(errors.logged).toEqual([]);
  expect(await state()).toEqual(before);
});

/** Writes until it is done or nobody reads any more. */
async function write(writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  await writer
    .write(bytes)
    .then(() => writer.close())
    .catch(() => undefined);
}

test.each(BODIES)("%s %s wants a body, if only {}", async (method, path) => {
  for (const body of [undefined, "", " \n"]) {
    for (const headers of [{ "Content-Type": "application/json" }, { "Content-Type": "text/plain" }]) {
      const answer = await ask(method, path, { body, headers });
      if (!OPTIONAL.includes(path)) problem(answer, 400, "validation_failed");
      else expect([200, 400]).toContain(answer.status);
    }
  }
});

const TYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain; charset=latin1", "x"];

test("a JSON body is read whatever Content-Type says", async () => {
  const username = freshName();
  const headers = { "Content-Type": "text/html" };
  const account = JSON.stringify({ username, password: PASSWORD });
  expect((await call("POST", "/v1/register", { headers, body: account })).status).toBe(201);
  const { token } = await login(username, headers);
  for (const type of TYPES) {
    const answers = await Promise.all([
      call("PATCH", "/v1/me", { token, headers: { "Content-Type": type }, body: '{"nickname":"Eve"}' }),
      ...[
        ["POST", "/v1/conversations", { kind: "group", name: "午饭", member_ids: [] }],
        ["POST", "/v1/conversations/:id/messages", { kind: "text", body: { text: "你好" } }],
        ["PUT", "/v1/conversations/:id/read", { seq: 1 }],
        ["PUT", "/v1/conversations/:id/preferences", { silent: false }],
      ].map(([method, path, body]) =>
        ask(String(method), String(path), { headers: { "Content-Type": type }, body: JSON.stringify(body) }),
      ),
    ]);
    expect(
      answers.map(({ status }) => status),
      type,
    ).toEqual([200, 201, 201, 200, 200]);
  }
});

test.each(["/v1/register", "/v1/login"])("%s wants a name and a password, both strings", async (path) => {
  const good = { username: freshName(), password: PASSWORD };
  for (const field of ["username", "password"]) {
    for (const value of [undefined, null, 1, true, [], ["abc"], {}, { $gt: "" }]) {
      const answer = await call("POST", path, { body: { ...good, [field]: value } });
      problem(answer, 400, "validation_failed");
      expect(answer.body).toMatchObject({ errors: [{ path: `body.${field}` }] });
    }
  }
});

test("a name too long to be one is refused at sign-in, a password is just wrong", async () => {
  const tooLong = { username: "a".repeat(129), password: PASSWORD };
  problem(await call("POST", "/v1/login", { body: tooLong }), 400, "validation_failed");
  const { user } = await register();
  for (const password of ["", "x", "x".repeat(60_000)]) {
    const body = { username: user.username, password };
    problem(await call("POST", "/v1/login", { body }), 401, "unauthenticated");
  }
});

test.each(["/v1/nothing", "/v1/me/x", "/v1/users/1/x", "/v1//me", "/v1/%00", "/v1/%", "/v1/register/x"])(
  "%s is no path, with or without a token",
  async (path) => {
    problem(await call("GET", path), 404, "not_found");
  },
);

test("a query that is no UTF-8 is refused, not taken as it stands", async () => {
  for (const text of ["%FF", "%ED%A0%80", "%C3", "100%", "%zz"]) {
    for (const path of [
      `/v1/users?username=${text}`,
      `/v1/conversations/${id}/messages/search?q=${text}`,
      `/v1/conversations?cursor=${text}`,
    ]) {
      problem(await call("GET", path, { token: ann.token }), 400, "validation_failed");
    }
    problem(
      await call("POST", `/v1/files?name=${text}`, { token: ann.token, body: "x" }),
      400,
      "validation_failed",
    );
  }
  const found = await call("GET", `/v1/conversations/${id}/messages/search?q=%25FF+%C3%BF`, {
    token: ann.token,
  });
  expect(found).toMatchObject({ status: 200, body: { items: [] } });
});
