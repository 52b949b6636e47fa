import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, getMessage, page, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { auditOf } from "./staff.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let group: number;

beforeAll(async () => {
  // Each message has the rules read.
  setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  key = (await makeServerKey(["moderate"])).text;
});

beforeEach(async () => {
  const users = await signedInUsers(2);
  [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  group = (await createGroup(ann, [bob])).id;
});

afterAll(async () => {
  await rules();
  await send(ann, group, "other files know no rules");
});

function staff(method: string, path: string, body?: object): Promise<Answer> {
  return call(method, `/v1/moderation${path}`, { token: key, ...(body && { body }) });
}

async function rules(...items: object[]): Promise<void> {
  const answer = await staff("PUT", "/rules", { items });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200, body: { items } });
}

const post = ({ token }: SignedIn, body: object) =>
  call("POST", `/v1/conversations/${group}/messages`, { token, body });
const text = (words: string): object => ({ kind: "text", body: { text: words } });

const REFUSE = { id: "spam", match: { words: ["casino"] }, action: "refuse" };
const MASK = { id: "rude", match: { words: ["idiot"] }, action: "mask" };

test("a rule refuses a message or masks what it says, also in an edit, a file and a merged message", async () => {
  await rules(REFUSE, MASK);
  expectProblem(await post(ann, text("Visit my CASINO!")), 403, "refused");
  const masked = await send(ann, group, "you Idiot");
  expect(masked.body).toEqual({ text: "you *****" });
  const { seq } = await send(ann, group, "fine");
  const edit = (words: string) =>
    call("PATCH", `/v1/conversations/${group}/messages/${seq}`, {
      token: ann.token,
      body: { body: { text: words }, base_version: 1 },
    });
  expectProblem(await edit("a cаsino with a Cyrillic letter"), 403, "refused");
  expect((await edit("an idiot")).status).toBe(200);
  expect(await getMessage(bob, group, seq)).toMatchObject({ body: { text: "an *****" }, version: 2 });
  const file = (caption: string, url = "https://files.example/a.png") =>
    post(ann, { kind: "image", body: { url, caption } });
  expect((await file("idiot")).body).toMatchObject({ body: { caption: "*****" } });
  expectProblem(await file("casino"), 403, "refused");
  await rules({ ...MASK, match: { domains: ["evil.example"] } });
  expectProblem(await file("", "https://www.evil.example/a.png"), 403, "refused");
  await rules(REFUSE);
  const merged = { kind: "merged", body: { title: "our casino", items: [{ conversation_id: group, seq }] } };
  const kept = (await page(bob, group)).items.length;
  expectProblem(await post(ann, merged), 403, "refused");
  expect((await page(bob, group)).items.length).toBe(kept);
});

test.each(DRIVERS.filter((driver) => driver.send))("a rule holds over $name", async (driver) => {
  await rules(REFUSE, MASK);
  const id = await driver.open?.(ann, bob);
  const conversation = id ?? group;
  await expect(driver.send?.(ann, conversation as never, "casino")).rejects.toThrow();
  await driver.send?.(ann, conversation as never, "idiot, come");
  expect((await page(bob, conversation)).items.flatMap(({ body }) => body.text ?? [])).toEqual(["*****, come"]);
});

test("a rule holds on a socket, and leaves out its exceptions", async () => {
  await rules({ ...REFUSE, except: [group] });
  expect((await post(ann, text("our casino"))).status).toBe(201);
  await rules(REFUSE);
  const device = await openDevice(ann.token);
  device.send({ type: "send", conversation_id: group, client_msg_id: "a", ...text("our casino") });
  expect(await device.next("error")).toMatchObject({ code: "refused", client_msg_id: "a" });
  device.close();
});

test("rules have a row in the audit log, and flaws that are named", async () => {
  await rules(REFUSE);
  expect((await auditOf(key)).at(-1)).toMatchObject({ action: "rules_changed" });
  const flaw = await staff("PUT", "/rules", { items: [{ id: "x", match: { pattern: "a(?=b)" }, action: "mask" }] });
  expectProblem(flaw, 400, "validation_failed");
  expect(JSON.stringify(flaw.body)).toContain("body.items.0.match.pattern");
  expect((await staff("GET", "/rules")).body).toEqual({ items: [REFUSE] });
});

test("a text is tried against the rules that hold, or against others", async () => {
  await rules(REFUSE);
  const verdict = async (body: object) => (await staff("POST", "/rules/trial", body)).body;
  expect(await verdict({ text: "casino" })).toEqual({ action: "refuse", rules: ["spam"], text: "casino" });
  expect(await verdict({ text: "idiot", items: [MASK] })).toEqual({
    ...{ action: "mask", rules: ["rude"], text: "*****" },
  });
  expect(await verdict({ text: "hello" })).toEqual({ action: null, rules: [], text: "hello" });
});
