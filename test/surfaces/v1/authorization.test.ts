import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import {
  type Answer,
  call,
  expectProblem,
  login,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import { createGroup, insertUsers, openDirect, send } from "../../support/clients/chat.ts";
import { expectUploaded, upload } from "../../support/clients/files.ts";
import { schedule } from "../../support/clients/scheduled.ts";
import { upgrade } from "../../support/clients/socket.ts";
import { sampledCases } from "../../support/sampled-cases.ts";
import { ROLES, type Role, type Row, type Scene, type Wanted, WHO_MAY } from "./authorization-matrix.ts";

let scene: Scene;
const tokens: Partial<Record<Role, string>> = {};

const Sessions = z.object({ items: z.array(z.object({ id: z.string(), current: z.boolean() })) });

beforeAll(async () => {
  const [owner, admin, member, stranger] = await Promise.all([
    register(),
    register(),
    register(),
    register(),
  ]);
  const ended = await login(owner.user.username);
  expect((await call("POST", "/v1/logout", { token: ended.token })).status).toBe(204);
  const device = await login(member.user.username);
  const { items } = Sessions.parse((await call("GET", "/v1/sessions", { token: device.token })).body);
  const [subject, first, second, outsider] = [...(await insertUsers(4))];
  if (!subject || !first || !second || !outsider) throw new Error("there are four of them");
  const { id } = await createGroup(owner, [admin, member, subject, first, second]);
  const inGroup = { token: owner.token };
  const admins = `/v1/conversations/${id}/members/${admin.user.id}`;
  expect((await call("PATCH", admins, { ...inGroup, body: { role: "admin" } })).status).toBe(200);
  const closed = { ...inGroup, body: { join_policy: "closed" } };
  expect((await call("PATCH", `/v1/conversations/${id}`, closed)).status).toBe(200);
  await createGroup(stranger);
  const file = expectUploaded(await upload(member, "{}", "text/plain", "?name=x.txt"));
  const named = { client_upload_id: "of the member", size: 2 };
  const start = await call("POST", "/v1/files/uploads", { token: member.token, body: named });
  const begun = z.object({ id: z.string() }).parse(start.body);
  const [ownersSeq, byOwner] = [(await send(owner, id, "1")).seq, (await send(owner, id, "2")).seq];
  const [membersSeq, byMember] = [(await send(member, id, "3")).seq, (await send(member, id, "4")).seq];
  const directId = (await openDirect(owner, member)).id;
  await send(owner, directId, "1");
  const spaceId = await makeSpace(owner, [member, admin]);
  const question = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };
  const { seq: pollSeq } = await send(owner, id, { kind: "poll", body: question });
  scene = {
    id,
    ownersSeq,
    membersSeq,
    revocable: {
      ...{ anonymous: byOwner, forged: byOwner, ended: byOwner, stranger: byOwner },
      ...{ member: byMember, admin: byMember, owner: byOwner },
    },
    pollSeq,
    groupId: id,
    spaceId,
    directId,
    userId: owner.user.id,
    subjectId: subject.user.id,
    removable: {
      ...{ anonymous: 1, forged: 1, ended: 1, stranger: first.user.id, member: first.user.id },
      ...{ admin: first.user.id, owner: second.user.id },
    },
    outsiderId: outsider.user.id,
    fileKey: file.key,
    uploadId: begun.id,
    scheduledId: (await schedule(member, id, "later")).id,
    membersSession: items.find((session) => session.current)?.id ?? "",
  };
  Object.assign(tokens, {
    forged: `${owner.token.slice(0, -4)}AAAA`,
    ended: ended.token,
    stranger: stranger.token,
    member: member.token,
    admin: admin.token,
    owner: owner.token,
  });
});

async function makeSpace(owner: SignedIn, others: SignedIn[]): Promise<number> {
  const made = await call("POST", "/v1/spaces", { token: owner.token, body: { name: "Garden club" } });
  const { id } = z.object({ id: z.int() }).parse(made.body);
  const invited = await call("POST", `/v1/spaces/${id}/invitations`, { token: owner.token });
  const { code } = z.object({ code: z.string() }).parse(invited.body);
  for (const { token } of others)
    expect((await call("POST", `/v1/invitations/${code}`, { token })).status).toBe(200);
  return id;
}

test("every route of v1 has a row, and every row a route", () => {
  const routes = v1.router.routes
    // `server-keys.test.ts` has the calls of backends.
    .filter(({ method, path }) => method !== "ALL" && !path.startsWith("/v1/server/"))
    .map(({ method, path }) => `${method} ${path}`);
  expect(routes.length).toBeGreaterThan(0);
  expect(new Set(WHO_MAY.map(({ route }) => route))).toEqual(new Set(routes));
});

/** The answer of a row's call for a role. @param of replaces the scene's conversation */
function ask(row: Row, role: Role, of: number = scene.id): Promise<Answer> {
  const [method = "", pattern = ""] = row.route.split(" ");
  const here = { ...scene, id: of };
  const parts = { id: of, seq: scene.ownersSeq, ...row.path?.(here, role) };
  const path = pattern.replaceAll(/:(\w+)/g, (_, part) =>
    String(z.record(z.string(), z.unknown()).parse(parts)[part]),
  );
  const token = tokens[role];
  return call(method, path + (row.query ?? ""), {
    ...row.options,
    ...(token !== undefined && { token }),
    ...(row.body && { body: row.body(here) }),
  });
}

function expected(row: Row, role: Role): Wanted {
  if (role === "stranger" || role === "member" || role === "admin" || role === "owner") return row[role];
  if (role === "anonymous" && row.anonymous) return row.anonymous;
  return row.anyone ?? [401, "unauthenticated"];
}

test("a room socket opens for members only, and an outsider learns nothing by asking", async () => {
  const path = (id: number) => `/v1/conversations/${id}/socket`;
  const opens: Record<Role, number> = {
    ...{ anonymous: 401, forged: 401, ended: 401 },
    ...{ stranger: 404, member: 101, admin: 101, owner: 101 },
  };
  for (const role of ROLES) {
    const response = await upgrade(path(scene.id), tokens[role]);
    expect(response.status, role).toBe(opens[role]);
    response.webSocket?.accept();
    response.webSocket?.close();
    if (role !== "stranger") continue;
    const nowhere = await upgrade(path(999_999), tokens[role]);
    expect([nowhere.status, await nowhere.json()]).toEqual([404, await response.json()]);
  }
});

test("a device socket opens for every signed-in user", async () => {
  for (const role of ROLES) {
    const response = await upgrade("/v1/socket", tokens[role]);
    expect(response.status, role).toBe(["anonymous", "forged", "ended"].includes(role) ? 401 : 101);
    response.webSocket?.accept();
    response.webSocket?.close();
  }
});

const UNSIGNED = ["anonymous", "forged", "ended"] as const;

test.each(WHO_MAY.map((row, i) => [row.route, row, i] as const))("%s (row %#)", async (_, row, i) => {
  const isUnsigned = (role: Role) => UNSIGNED.some((one) => one === role);
  const signedIn = ROLES.filter((role) => !isUnsigned(role));
  for (const role of [...sampledCases(UNSIGNED, 1, i), ...signedIn]) {
    const answer = await ask(row, role);
    const [status, code] = expected(row, role);
    expect(answer.status, `${role}: ${JSON.stringify(answer.body)}`).toBe(status);
    if (code !== undefined) expectProblem(answer, status, code);
    if (role !== "stranger" || !/\/(conversations|groups)\/:id/.test(row.route)) continue;
    // A stranger learns nothing: the answer is the same as for a conversation that does not exist.
    const nowhere = await ask(row, role, 999_999);
    expect({ status: nowhere.status, body: nowhere.body }).toEqual({ status, body: answer.body });
  }
});
