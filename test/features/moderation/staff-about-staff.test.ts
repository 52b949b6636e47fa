import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, page, send } from "../../support/clients/chat.ts";
import { itemAt } from "../../support/objects/room.ts";
import { sampledPairs } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";
import { asStaff, giveRole, report } from "./staff.ts";

let key = "";
/** who reports */
let ann: SignedIn;
/** who acts for the deployment */
let mia: SignedIn;

beforeAll(async () => {
  // Each message has the rules read.
  setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  key = (await makeServerKey(["users", "moderate"])).text;
  const rule = { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" };
  expect((await asKey("PUT", "/rules", { items: [rule] })).status).toBe(200);
});

afterAll(async () => {
  await asKey("PUT", "/rules", { items: [] });
  const { id } = await createGroup(ann);
  await send(ann, id, "other files know no rules");
});

beforeEach(async () => {
  [ann, mia] = await signedInUsers(2);
});

const asKey = (method: string, path: string, body?: object) => asStaff({ token: key }, method, path, body);

const Bot = z.object({ id: UserId, username: z.string(), token: z.string() });
const Made = z.object({ id: z.int() });
const Ids = z.object({ items: z.array(Made) });

/** A bot of a user, as a user. */
async function botOf({ token }: SignedIn): Promise<SignedIn> {
  const made = await call("POST", "/v1/bots", { token, body: { nickname: "Bot" } });
  const { token: own, ...user } = Bot.parse(made.body);
  return { ...mia, user: { ...mia.user, ...user }, token: own };
}

async function withRole(role: string): Promise<SignedIn> {
  const one = itemAt(await signedInUsers(1), 0);
  await giveRole(key, one, role);
  return one;
}

/** Whom staff does something about. */
const SUBJECTS = {
  themselves: async () => mia,
  "their bot": () => botOf(mia),
  "a user": () => withRole("user"),
  "an auditor": () => withRole("auditor"),
  "a moderator": () => withRole("moderator"),
  "an admin": () => withRole("admin"),
  "the bot of an admin": async () => botOf(await withRole("admin")),
} as const;
type Subject = keyof typeof SUBJECTS;
const SUBJECT_NAMES = [
  "themselves",
  "their bot",
  ...(["a user", "an auditor", "a moderator", "an admin", "the bot of an admin"] as const),
] as const satisfies Subject[];
type Allowed = Record<"moderator" | "admin", readonly Subject[]>;

const BELOW: Allowed = {
  moderator: ["a user"],
  admin: ["a user", "an auditor", "a moderator"],
};
/** An admin decides reports about other admins, too. */
const JUDGED: Allowed = {
  moderator: BELOW.moderator,
  admin: [...BELOW.admin, "an admin", "the bot of an admin"],
};
const NOT_SELF = SUBJECT_NAMES.filter((one) => one !== "themselves" && one !== "their bot");
const OTHERS: Allowed = { moderator: NOT_SELF, admin: NOT_SELF };

/** What there is about a subject. */
interface About {
  subject: SignedIn;
  group: number;
  seq: number;
}

const reportMessage = ({ group, seq }: About, by = ann) =>
  report(by, { message: { conversation_id: group, seq }, note: "secret" });

async function held({ subject, group }: About): Promise<number> {
  const body = { kind: "text", body: { text: "bitcoin" }, client_msg_id: "b1" };
  expectProblem(
    await call("POST", `/v1/conversations/${group}/messages`, { token: subject.token, body }),
    ...([403, "held"] as const),
  );
  return itemAt(Ids.parse((await asKey("GET", "/held?limit=1")).body).items, 0).id;
}

const idsOf = async (path: string) =>
  Ids.parse((await asStaff(mia, "GET", path)).body).items.map(({ id }) => id);

/** Each thing that staff does about somebody: to whom they may, and whether they did. */
const DEEDS: Record<string, { may: Allowed; isDone: (about: About) => Promise<boolean> }> = {
  suspend: {
    may: BELOW,
    isDone: async ({ subject: { user } }) =>
      isOk(await asStaff(mia, "PUT", `/users/${user.id}/suspension`, {})),
  },
  "end a suspension of": {
    may: BELOW,
    isDone: async ({ subject: { user } }) =>
      isOk(await asStaff(mia, "DELETE", `/users/${user.id}/suspension`)),
  },
  "revoke all of": {
    may: BELOW,
    isDone: async ({ subject: { user } }) =>
      isOk(await asStaff(mia, "DELETE", `/users/${user.id}/messages?since=0`)),
  },
  "revoke a message of": {
    may: BELOW,
    isDone: async ({ group, seq }) => {
      const path = `/conversations/${group}/messages/${seq}`;
      const done = isOk(await asStaff(mia, "DELETE", path));
      const isRevoked = (await page(ann, group)).items.some((one) => one.seq === seq && one.revoked);
      expect(isRevoked).toBe(done);
      return done && isOk(await asStaff(mia, "DELETE", path));
    },
  },
  "dissolve a group of": {
    may: BELOW,
    isDone: async ({ group }) => isOk(await asStaff(mia, "DELETE", `/conversations/${group}`)),
  },
  "accept a held message of": {
    may: BELOW,
    isDone: async (about) =>
      isOk(await asStaff(mia, "PATCH", `/held/${await held(about)}`, { decision: "accept" })),
  },
  "refuse a held message of": {
    may: BELOW,
    isDone: async (about) =>
      isOk(await asStaff(mia, "PATCH", `/held/${await held(about)}`, { decision: "refuse" })),
  },
  "see a held message of": {
    may: OTHERS,
    isDone: async (about) => {
      const before = await counts();
      const id = await held(about);
      const isListed = (await idsOf("/held")).includes(id);
      expect((await counts()).held - before.held).toBe(Number(isListed));
      return isListed;
    },
  },
  "see a report about": {
    may: OTHERS,
    isDone: async (about) => {
      const before = await counts();
      const id = await reportMessage(about);
      const isShown = (await idsOf("/reports")).includes(id);
      expect((await counts()).reports - before.reports).toBe(Number(isShown));
      const read = await asStaff(mia, "GET", `/reports/${id}`);
      if (!isShown) expectProblem(read, 403, "forbidden");
      else expect(read).toMatchObject({ status: 200, body: { reporter_id: ann.user.id, note: "secret" } });
      for (const { user } of [ann, about.subject])
        expect(
          JSON.stringify((await asStaff(mia, "GET", `/users/${user.id}`)).body).includes('"secret"'),
        ).toBe(isShown);
      await asKey("PATCH", `/reports/${id}`, { state: "taken" });
      expect(await auditHas("report_id", id)).toBe(isShown);
      return isShown;
    },
  },
  "decide a report about": {
    may: JUDGED,
    isDone: async (about) =>
      isOk(await asStaff(mia, "PATCH", `/reports/${await reportMessage(about)}`, { state: "taken" })),
  },
  "open a conversation by a report about": {
    may: OTHERS,
    isDone: async (about) => {
      await reportMessage(about);
      return isOk(await asStaff(mia, "GET", `/conversations/${about.group}/messages`));
    },
  },
};

async function counts(): Promise<{ reports: number; held: number }> {
  const { open_reports: reports, held_messages: held } = Object((await asStaff(mia, "GET", "/me")).body);
  return { reports, held };
}

const Audit = z.object({
  items: z.array(z.object({ action: z.string(), of: z.record(z.string(), z.int()) })),
});
async function auditHas(name: string, id: number): Promise<boolean> {
  const { items } = Audit.parse((await asStaff(mia, "GET", "/audit?limit=100")).body);
  return items.some(({ of }) => of[name] === id);
}

/** @returns whether a call has succeeded; otherwise it was forbidden */
function isOk(answer: Answer): boolean {
  if (answer.status < 300) return true;
  expectProblem(answer, 403, "forbidden");
  return false;
}

const CALLS = (["moderator", "admin"] as const).flatMap((by) =>
  Object.keys(DEEDS).map((deed) => [by, deed] as const),
);

test.each(sampledPairs(CALLS, SUBJECT_NAMES).map(([[by, deed], of]) => [by, deed, of] as const))(
  "whether a %s may %s %s",
  async (by, deed, of) => {
    await giveRole(key, mia, by);
    const subject = await SUBJECTS[of]();
    const { id: group } = await createGroup(subject, [ann]);
    const { seq } = await send(subject, group, "hello");
    const { may, isDone } = DEEDS[deed] ?? {};
    expect(await isDone?.({ subject, group, seq })).toBe(may?.[by].includes(of));
  },
);
