import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { call, freshName, register, type SignedIn } from "../support/clients/api.ts";
import { createGroup, openDirect } from "../support/clients/chat.ts";
import { wire } from "../support/clients/wire.ts";
import * as timClient from "./tim/client.ts";
import { RULE_KEY, shownUser, usersig } from "./usersig/client.ts";

const { tim } = timClient;
const CREDENTIALS = "http://user:pw@127.0.0.1/track.gif";
/** What is typed, and what is stored. */
const TYPED = 'https://X.example/"><script>alert(1)</script>';
const STORED = "https://x.example/%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
const REFUSED = [
  ...[CREDENTIALS, "https://token@x.example/a.png", "javascript:alert(1)", "data:image/png;base64,AA=="],
  ...["//x.example/a.png", "ftp://x.example/a.png"],
];

interface Answer {
  status: number;
  body: unknown;
}
/** Sets a picture to a URL over one API. @returns the answer, and a call that reads what is stored */
type Setter = (caller: SignedIn, url: string) => Promise<{ answer: Answer; stored: () => Promise<unknown> }>;

const shown = async (caller: SignedIn) =>
  z.object({ avatar: z.string() }).parse((await call("GET", "/v1/me", { token: caller.token })).body).avatar;

const groupAvatar = (caller: SignedIn, id: number) => async () =>
  z
    .object({ avatar: z.string() })
    .parse((await call("GET", `/v1/conversations/${id}`, { token: caller.token })).body).avatar;

const GroupID = z.object({ group: z.object({ groupID: z.string() }) });

const SETTERS: [string, Setter][] = [
  [
    "v1's profile",
    async (caller, avatar) => ({
      answer: await call("PATCH", "/v1/me", { token: caller.token, body: { avatar } }),
      stored: () => shown(caller),
    }),
  ],
  [
    "v1's group",
    async (caller, avatar) => {
      const { id } = await createGroup(caller, []);
      const answer = await call("PATCH", `/v1/conversations/${id}`, {
        token: caller.token,
        body: { avatar },
      });
      return { answer, stored: groupAvatar(caller, id) };
    },
  ],
  [
    "tim's profile",
    async (caller, avatar) => ({
      answer: await tim(caller, "/user/updateMyProfile", { avatar }),
      stored: () => shown(caller),
    }),
  ],
  [
    "tim's group",
    async (caller, avatar) => {
      const made = timClient.success(await tim(caller, "/group/createGroup", { name: "Friends" }));
      const { groupID } = GroupID.parse(made.data).group;
      const answer = await tim(caller, "/group/updateGroupProfile", { groupID, avatar });
      return { answer, stored: groupAvatar(caller, Number(groupID)) };
    },
  ],
  [
    "tim's new group",
    async (caller, avatar) => {
      const answer = await tim(caller, "/group/createGroup", { name: "Friends", avatar });
      const { data } = z.object({ data: z.unknown() }).parse(answer.body);
      const id = Number(GroupID.safeParse(data).data?.group.groupID ?? 0);
      return { answer, stored: groupAvatar(caller, id) };
    },
  ],
];

const succeeded = ({ status, body }: Answer) =>
  status === 200 && (z.object({ code: z.int() }).safeParse(body).data?.code ?? 0) === 0;

test.each(SETTERS)(
  "%s keeps a picture's URL as a URL is written, so that no page breaks on it",
  async (_, set) => {
    const { answer, stored } = await set(await register(), TYPED);
    expect(succeeded(answer), JSON.stringify(answer.body)).toBe(true);
    expect(await stored()).toBe(STORED);
  },
);

test.each(SETTERS)("%s refuses credentials in a picture's URL, and other schemes", async (_, set) => {
  const caller = await register();
  for (const url of REFUSED) {
    const { answer } = await set(caller, url);
    expect(succeeded(answer), url).toBe(false);
    expect(JSON.stringify(answer.body)).toMatch(/avatar/);
  }
  expect(await shown(caller)).toBe("");
});

test("usersig keeps a URL as it is written, another text as it is, and refuses credentials", async () => {
  const create = (avatar: string) =>
    usersig("POST", "/chat/create-chat-user/", {
      body: { user_id: freshName("chat"), token: RULE_KEY, avatar },
    });
  expect(shownUser(await create(TYPED)).avatar).toBe(STORED);
  expect(shownUser(await create("avatars/17.png")).avatar).toBe("avatars/17.png");
  for (const avatar of [CREDENTIALS, "HTTPS://token@x.example/", " http://u:p@x.example/a.gif"]) {
    expect((await create(avatar)).body).toMatchObject({
      code: 400,
      message: expect.stringContaining("avatar"),
    });
  }
});

test.each(["image", "audio", "video", "file"])(
  "the URL of a %s message is kept as URLs are written",
  async (kind) => {
    const [ann, bob] = [await register(), await register()];
    const { id } = await openDirect(ann, bob);
    const path = `/v1/conversations/${id}/messages`;
    const send = (url: string) => call("POST", path, { token: ann.token, body: { kind, body: { url } } });
    const sent = await send(TYPED);
    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({ body: { url: STORED } });
    for (const url of REFUSED) {
      expect(await send(url)).toMatchObject({ status: 400, body: { code: "validation_failed" } });
    }
  },
);

const HIDDEN_NAMES = [
  ["photo\u202egpj.exe", "photogpj.exe"],
  ["a\u2066b.png", "ab.png"],
  ["a\u200b.png", "a.png"],
  ["a\u0085.png", "a_.png"],
  ["\u200fa.png", "a.png"],
] as const;

test.each(HIDDEN_NAMES)("the file name %j is kept as %j by every upload", async (name, kept) => {
  const { token } = await register();
  const headers = { "Content-Type": "image/png" };
  const path = `/v1/files?name=${encodeURIComponent(name)}`;
  const bare = await call("POST", path, { token, headers, body: new Uint8Array(4) });
  const form = new FormData();
  form.append("file", new File(["x"], name));
  const asForm = await wire({
    method: "POST",
    path: "/v1/files",
    headers: { Authorization: `Bearer ${token}` },
    body: form,
  });
  const again = new FormData();
  again.append("file", new File(["x"], name));
  const overUsersig = await usersig("POST", "/file/upload-chat-file/", { sig: token, body: again });
  for (const answer of [bare, asForm, overUsersig])
    expect(JSON.stringify(answer.body)).toContain(encodeURIComponent(kept));
  const count = env.DB.prepare("SELECT count(*) AS n FROM files WHERE name = ?");
  expect(await count.bind(name).first("n")).toBe(0);
});

test.each(HIDDEN_NAMES)("the name %j of a file in a message is kept as %j", async (name, kept) => {
  const [ann, bob] = [await register(), await register()];
  const { id } = await openDirect(ann, bob);
  const body = { kind: "file", body: { url: "https://x.example/a", name } };
  const sent = await call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body });
  expect(sent).toMatchObject({ status: 201, body: { body: { name: kept } } });
});

test.each(["Ann ❤️.png", "می\u200cخواهم.txt", "报告 (1).pdf", "Screenshot at 9.41.00\u202fAM.png"])(
  "the file name %s stays as it is",
  async (name) => {
    const { token } = await register();
    const path = `/v1/files?name=${encodeURIComponent(name)}`;
    const headers = { "Content-Type": "text/plain" };
    const { status, body } = await call("POST", path, { token, headers, body: "x" });
    expect({ status, body }).toMatchObject({ status: 201, body: { name } });
  },
);

test("a file from before, whose name turns the text around, is saved under a name that does not", async () => {
  const { token } = await register();
  const headers = { "Content-Type": "text/plain" };
  const stored = await call("POST", "/v1/files?name=a.txt", { token, headers, body: "x" });
  const { key } = z.object({ key: z.string() }).parse(stored.body);
  const name = "photo\u202egpj.exe";
  await env.DB.prepare("UPDATE files SET name = ? WHERE key = ?").bind(name, key).run();
  const { status, headers: got } = await wire({
    method: "GET",
    path: `/files/${key}/${encodeURIComponent(name)}`,
  });
  expect(status).toBe(200);
  expect(got.get("Content-Disposition")).toBe(
    "attachment; filename=\"photogpj.exe\"; filename*=UTF-8''photogpj.exe",
  );
});
