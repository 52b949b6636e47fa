import { beforeAll, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import {
  type CallOptions,
  call,
  expectProblem,
  freshName,
  login,
  PASSWORD,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import { allReadable, countRowsInD1, createGroup, send } from "../../support/clients/chat.ts";
import { Errors } from "../../support/errors.ts";
import { perRun, sampledCases } from "../../support/sampled-cases.ts";

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

/** Calls whose fields are all optional: without a body they change nothing. */
const OPTIONAL = ["/v1/me", "/v1/conversations/:id/preferences"];

let ann: SignedIn;
let id: number;

beforeAll(async () => {
  ann = await register();
  id = (await createGroup(ann)).id;
  await send(ann, id, "hello");
});

/** The state that a refused call must not change. */
const state = async () => [
  await call("GET", "/v1/me", { token: ann.token }).then(({ body }) => body),
  await allReadable(ann, id),
  await countRowsInD1(),
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

/** Bodies that every call must refuse, whatever its fields. */
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

test.each(BODIES)("%s %s refuses a body that is no JSON object", async (method, path) => {
  const before = await state();
  using errors = new Errors();
  for (const [name, body] of BAD) {
    const answer = await ask(method, path, { body });
    expect(answer, name).toMatchObject({ status: 400 });
    expectProblem(answer, 400, "validation_failed");
  }
  expect(errors.logged).toEqual([]);
  expect(await state()).toEqual(before);
});

test.each(sampledCases(BODIES, perRun(3, BODIES.length)))(
  "%s %s refuses more than 256 KiB, with and without a Content-Length",
  async (method, path) => {
    const before = await state();
    using errors = new Errors();
    expectProblem(await ask(method, path, { body: { nickname: tenMegabytes } }), 413, "too_large");
    expectProblem(await ask(method, path, { body: " ".repeat(LIMITS.writtenBytes + 1) }), 413, "too_large");
    await expectMegabyteRefused(method, path, {});
    expect(errors.logged).toEqual([]);
    expect(await state()).toEqual(before);
  },
);

test.each(["10", "0", "-1", "", "abc", "1e99", "1000000"])(
  "a body that is longer than 256 KiB is refused, although its Content-Length says '%s'",
  async (length) => {
    using errors = new Errors();
    for (const [method, path] of sampledCases(BODIES, perRun(1, BODIES.length), length.length)) {
      await expectMegabyteRefused(method, path, { "Content-Length": length });
    }
    expect(errors.logged).toEqual([]);
  },
);

/** Sends a stream of 1 MiB, which has no Content-Length besides the one in the headers. */
async function expectMegabyteRefused(method: string, path: string, headers: Record<string, string>) {
  const { readable: body, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writing = write(writable, new Uint8Array(1024 * 1024));
  expectProblem(await ask(method, path, { body, headers }), 413, "too_large");
  await writing;
}

/** Writes to the end, or until the stream is cancelled. */
async function write(writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  await writer
    .write(bytes)
    .then(() => writer.close())
    .catch(() => undefined);
}

test.each(BODIES)("%s %s requires a body, at least {}", async (method, path) => {
  for (const body of [undefined, "", " \n"]) {
    for (const headers of [{ "Content-Type": "application/json" }, { "Content-Type": "text/plain" }]) {
      const answer = await ask(method, path, { body, headers });
      if (!OPTIONAL.includes(path)) expectProblem(answer, 400, "validation_failed");
      else expect([200, 400]).toContain(answer.status);
    }
  }
});

const TYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain; charset=latin1", "x"];

test("a JSON body is parsed under any Content-Type", async () => {
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

test("at sign-in a name that is too long is refused, and a password that is too long is just wrong", async () => {
  const tooLong = { username: "a".repeat(129), password: PASSWORD };
  expectProblem(await call("POST", "/v1/login", { body: tooLong }), 400, "validation_failed");
  const { user } = await register();
  for (const password of ["", "x", "x".repeat(60_000)]) {
    const body = { username: user.username, password };
    expectProblem(await call("POST", "/v1/login", { body }), 401, "unauthenticated");
  }
});

test("a query that is not UTF-8 is refused", async () => {
  for (const text of ["%FF", "%ED%A0%80", "%C3", "100%", "%zz"]) {
    for (const path of [
      `/v1/users?username=${text}`,
      `/v1/conversations/${id}/messages/search?q=${text}`,
      `/v1/conversations?cursor=${text}`,
    ]) {
      expectProblem(await call("GET", path, { token: ann.token }), 400, "validation_failed");
    }
    expectProblem(
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

test("of very many invalid inputs, the first 20 are named", async () => {
  const member_ids = Array.from({ length: 20_000 }, () => -1);
  const answer = await ask("POST", "/v1/conversations", {
    body: { kind: "group", name: "many", member_ids },
  });
  expectProblem(answer, 400, "validation_failed");
  expect(JSON.stringify(answer.body).length).toBeLessThan(4_000);
});
