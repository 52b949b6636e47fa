import { expect, test } from "vitest";
import { type CallOptions, call, freshName, login, PASSWORD, problem, register } from "../../support/api.ts";

const BODIES = [
  ["POST", "/v1/register"],
  ["POST", "/v1/login"],
  ["PATCH", "/v1/me"],
] as const;

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
  const { token } = await register();
  for (const [name, body] of BAD) {
    const answer = await call(method, path, { token, body });
    expect(answer, name).toMatchObject({ status: 400 });
    problem(answer, 400, "validation_failed");
  }
});

test.each(BODIES)("%s %s refuses more than 64 KiB, however it comes", async (method, path) => {
  const { token } = await register();
  const tenMegabytes = "x".repeat(10 * 1024 * 1024);
  problem(await call(method, path, { token, body: { nickname: tenMegabytes } }), 413, "too_large");
  problem(await call(method, path, { token, body: " ".repeat(64 * 1024 + 1) }), 413, "too_large");
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writing = write(writable, new Uint8Array(1024 * 1024));
  problem(await call(method, path, { token, body: readable }), 413, "too_large");
  await writing;
});

/** Writes until it is done or nobody reads any more. */
async function write(writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  await writer
    .write(bytes)
    .then(() => writer.close())
    .catch(() => undefined);
}

test.each(BODIES)("%s %s wants a body", async (method, path) => {
  const { token } = await register();
  for (const body of [undefined, "", " \n"]) {
    for (const headers of [{ "Content-Type": "application/json" }, { "Content-Type": "text/plain" }]) {
      const { status } = await call(method, path, { token, body, headers });
      // An empty change of a profile changes nothing; the others miss their fields.
      expect([200, 400]).toContain(status);
      if (method === "POST") expect(status).toBe(400);
    }
  }
});

test.each([
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "application/json; charset=latin1",
  "x",
])("a JSON body is read though Content-Type says %s", async (type) => {
  const headers = { "Content-Type": type };
  const username = freshName();
  const made = await call("POST", "/v1/register", {
    headers,
    body: JSON.stringify({ username, password: PASSWORD }),
  });
  expect(made.status).toBe(201);
  const { token } = await login(username, headers);
  const body = JSON.stringify({ nickname: "Ann" });
  expect(await call("PATCH", "/v1/me", { headers, token, body })).toMatchObject({ status: 200 });
});

test.each(["/v1/register", "/v1/login"])("%s wants a name and a password, both strings", async (path) => {
  const good = { username: freshName(), password: PASSWORD };
  for (const field of ["username", "password"]) {
    for (const value of [undefined, null, 1, true, [], ["abc"], {}, { $gt: "" }]) {
      const answer = await call("POST", path, { body: { ...good, [field]: value } });
      problem(answer, 400, "validation_failed");
      expect(answer.body).toMatchObject({ errors: [{ path: `json.${field}` }] });
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

test.each([
  ["GET", "/v1/register", "POST"],
  ["PUT", "/v1/login", "POST"],
  ["GET", "/v1/logout", "POST"],
  ["POST", "/v1/sessions", "GET"],
  ["GET", "/v1/sessions/1", "DELETE"],
  ["PUT", "/v1/me", "PATCH"],
  ["DELETE", "/v1/users/100000", "GET"],
  ["POST", "/v1/users", "GET"],
])("%s %s is told to use %s", async (method, path, allowed) => {
  const answer = await call(method, path);
  problem(answer, 405, "method_not_allowed");
  expect(answer.headers.get("Allow")?.split(", ")).toContain(allowed);
});

test.each(["/v1/nothing", "/v1/me/x", "/v1/users/1/x", "/v1//me", "/v1/%00", "/v1/%", "/v1/register/x"])(
  "%s is no path, with or without a token",
  async (path) => {
    problem(await call("GET", path), 404, "not_found");
  },
);

test("a slash at the end changes no path", async () => {
  const { token, user } = await register();
  for (const path of ["/v1/me/", `/v1/users/${user.id}/`, "/v1/sessions/"]) {
    expect((await call("GET", path, { token })).status).toBe(200);
  }
});
