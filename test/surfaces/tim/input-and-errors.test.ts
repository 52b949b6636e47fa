import { describe, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import { freshName, PASSWORD, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import {
  concatBytes,
  FORM_TYPE,
  filePart,
  formPieces,
  type Part,
  storedFiles,
  textPart,
} from "../../support/clients/files.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { itemAt } from "../../support/objects/room.ts";
import { data, failure, nameOf, success, tim } from "./client.ts";

const Any = z.looseObject({});

async function people(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const users = await signedInUsers(3);
  return [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
}

const text = (to: SignedIn, payload: object = { text: "x" }) => {
  return { to: nameOf(to), conversationType: "C2C", priority: "Normal", payload };
};

describe("registration", () => {
  const register = (email: unknown) =>
    tim(undefined, "/register", { email, username: freshName(), password: PASSWORD });

  test.each(["", " ", "notmail", "@", "a@", "@b", "a b@c", "a@b@c"])(
    "needs an e-mail address: %j is none",
    async (email) => {
      failure(await register(email), 70_402, "email: must be an e-mail address");
    },
  );

  test.each(["a@b", "李@例子.测试", "a.b+c@example.com"])("takes the address %j", async (email) => {
    success(await register(email));
  });
});

describe("a form", () => {
  const form = (who: SignedIn, parts: Part[]) =>
    tim(who, "/message/createMessage", concatBytes(formPieces(parts)), {
      headers: { "Content-Type": FORM_TYPE },
    });
  const addressing = (to: SignedIn) => [textPart("to", nameOf(to)), textPart("conversationType", "C2C")];
  const named = (name: string, part: Part): Part => ({
    ...part,
    headers: part.headers.map((header) => header.replace('name="file"', `name="${name}"`)),
  });

  test.each(["file", "payload.file", "payload[file]"])("has its file in the field %s", async (name) => {
    const [ann, bob] = await people();
    const part = named(name, filePart("hello", "a.txt", "text/plain"));
    expect(success(await form(ann, [...addressing(bob), part])).data).toMatchObject({
      ...{ type: "TIMFileElem", payload: { fileName: "a.txt", fileSize: 5 } },
    });
  });

  test("may have no file, and its payload in JSON or in fields of their own", async () => {
    const [ann, bob] = await people();
    const group = await createGroup(ann, [bob]);
    const inGroup = [textPart("to", String(group.id)), textPart("conversationType", "GROUP")];
    for (const [parts, expected] of [
      [[textPart("payload", '{"text":"hi"}')], { payload: { text: "hi" } }],
      [[textPart("payload.text", "hi")], { payload: { text: "hi" } }],
      [
        [textPart("payload[text]", "hi"), textPart("payload[atUserList][]", nameOf(bob))],
        { payload: { text: "hi" }, atUserList: [nameOf(bob)] },
      ],
      [
        [textPart("payload[data]", "d"), textPart("payload[index]", "1")],
        { type: "TIMFaceElem", payload: { data: "d", index: "1" } },
      ],
    ] as const)
      expect(success(await form(ann, [...inGroup, ...parts])).data).toMatchObject(expected);
    const before = await storedFiles();
    failure(await form(ann, addressing(bob)), 70_402, "payload: must be there");
    failure(await form(ann, [...addressing(bob), textPart("payload", "x".repeat(2 ** 20))]), 413, "", 413);
    expect(await storedFiles()).toEqual(before);
  });
});

describe("names of constants", () => {
  test("count as their values", async () => {
    const [ann, bob] = await people();
    const message = await data(Any, ann, "/message/createMessage", {
      ...{ to: nameOf(bob), conversationType: "TIM.TYPES.CONV_C2C" },
      ...{ priority: "TIM.TYPES.MSG_PRIORITY_HIGH", type: "TIM.TYPES.MSG_TEXT", payload: { text: "x" } },
    });
    expect(message).toMatchObject({ conversationType: "C2C", priority: "High", type: "TIMTextElem" });
    success(await tim(ann, "/message/sendMessage", { ...message, conversationType: "TIM.TYPES.CONV_C2C" }));
    const Made = z.object({ group: z.looseObject({ groupID: z.string() }) });
    const { group } = await data(Made, ann, "/group/createGroup", {
      ...{
        name: "x",
        type: "TIM.TYPES.GRP_PUBLIC",
        joinOption: "TencentCloudChat.TYPES.JOIN_OPTIONS_FREE_ACCESS",
      },
      memberList: [{ userID: nameOf(bob), role: "TIM.TYPES.GRP_MBR_ROLE_ADMIN" }],
    });
    expect(group).toMatchObject({ type: "Public", joinOption: "FreeAccess" });
    const { groupID } = group;
    const type = { groupID, messageRemindType: "TIM.TYPES.MSG_REMIND_DISCARD" };
    expect(await data(Any, ann, "/group/setMessageRemindType", type)).toMatchObject({
      group: { selfInfo: { messageRemindType: "Discard" } },
    });
    const profile = { gender: "TIM.TYPES.GENDER_MALE", allowType: "TIM.TYPES.ALLOW_TYPE_DENY_ANY" };
    expect(success(await tim(ann, "/user/updateMyProfile", profile)).data).toMatchObject([
      { userinfo: { gender: "Gender_Type_Male", allowType: "AllowType_Type_DenyAny" } },
    ]);
    failure(
      await tim(ann, "/message/createMessage", { ...text(bob), conversationType: "TIM.TYPES.X" }),
      2_106,
    );
  });
});

test('an empty allowType is the default, as "" empties every field of a profile', async () => {
  const [ann] = await people();
  const set = async (allowType: string) =>
    success(await tim(ann, "/user/updateMyProfile", { allowType })).data;
  expect(await set("AllowType_Type_DenyAny")).toMatchObject([
    { userinfo: { allowType: "AllowType_Type_DenyAny" } },
  ]);
  expect(await set("")).toMatchObject([{ userinfo: { allowType: "AllowType_Type_NeedConfirm" } }]);
});

test("a text must not be empty", async () => {
  const [ann, bob] = await people();
  failure(
    await tim(ann, "/message/createMessage", text(bob, { text: "" })),
    70_402,
    "payload.text: must not be empty",
  );
});

test("members of a group are listed by role", async () => {
  const [ann, bob, cid] = await people();
  const groupID = String(await createGroupOfKind("public", ann, [bob, cid]));
  success(await tim(ann, "/member/setGroupMemberRole", { groupID, userID: nameOf(bob), role: "Admin" }));
  const List = z.object({ memberList: z.array(z.looseObject({ userID: z.string() })), offset: z.int() });
  const list = async (more: object) => {
    const { memberList, offset } = await data(List, cid, "/member/getGroupMemberList", { groupID, ...more });
    return [memberList.map(({ userID }) => userID), offset];
  };
  expect(await list({ role: "Owner" })).toEqual([[nameOf(ann)], 0]);
  expect(await list({ role: "TIM.TYPES.GRP_MBR_ROLE_ADMIN" })).toEqual([[nameOf(bob)], 0]);
  expect(await list({ role: "Member", count: 1 })).toEqual([[nameOf(cid)], 0]);
  for (const role of ["", undefined]) expect((await list({ role }))[0]).toHaveLength(3);
  failure(await tim(cid, "/member/getGroupMemberList", { groupID, role: "King" }), 70_402, "role");
});

describe("the message of a failure", () => {
  test("names the parameters of the document, and says what is wrong with them in words", async () => {
    const [ann, bob] = await people();
    const create = (body: object) => tim(ann, "/message/createMessage", body);
    const says = async (answer: ReturnType<typeof tim>) =>
      z.looseObject({ msg: z.string() }).parse((await answer).body).msg;
    expect(await says(create({ ...text(bob), cloudCustomData: "x".repeat(40_000) }))).toMatch(
      /^cloudCustomData: /,
    );
    expect(await says(create(text(bob, { data: "x".repeat(33_000) })))).toMatch(/^payload: /);
    expect(await says(tim(ann, "/user/getUserProfile", {}))).toBe("user_id: must be there");
    expect(await says(tim(ann, "/user/addToBlacklist", {}))).toBe("userIDList: must be there");
    expect(await says(create({ ...text(bob), payload: undefined }))).toBe("payload: must be there");
    expect(await says(create(text(bob, { text: 1 })))).toBe("payload.text: must be a string");
    expect(await says(create(text(bob, { text: "x", atUserList: "x" })))).toBe(
      "payload.atUserList: must be an array",
    );
    expect(await says(create(text(bob, { text: "x", atUserList: ["no one"] })))).toBe(
      "payload.atUserList: there is no user no one",
    );
    expect(await says(tim(ann, "/group/createGroup", {}))).toBe("name: must be there");
    expect(await says(tim(ann, "/group/joinGroup", { groupID: {} }))).toBe("groupID: must be a string");
  });

  test("has no numbers of users and conversations, which mean nothing here", async () => {
    const [ann, bob, cid] = await people();
    const { id } = await createGroup(bob, [cid]);
    const { seq } = await send(bob, id, "x");
    const own = await createGroup(ann, [cid]);
    const groupID = String(own.id);
    const numbers = [ann, bob, cid].map(({ user }) => String(user.id));
    const refused = async (answer: ReturnType<typeof tim>, code: number, naming: string) => {
      const msg = failure(await answer, code, naming);
      for (const number of numbers) expect(msg).not.toContain(number);
    };
    const forward = text(bob, { message: `${id}-${seq}` });
    await refused(
      tim(ann, "/message/createMessage", forward),
      20_022,
      "payload.message: there is no such message",
    );
    await refused(
      tim(ann, "/member/setGroupMemberMuteTime", { groupID, userID: nameOf(bob), muteTime: 1 }),
      10_007,
      "is not a member",
    );
    const naming = await data(
      Any,
      ann,
      "/message/createMessage",
      text(cid, { text: "x", atUserList: [nameOf(bob)] }),
    );
    await refused(tim(ann, "/message/sendMessage", naming), 70_107, "is not a member");
    success(await tim(bob, "/user/addToBlacklist", { userIDList: [nameOf(ann)] }));
    const blocked = await data(Any, ann, "/message/createMessage", text(bob));
    await refused(tim(ann, "/message/sendMessage", blocked), 20_007, "There is a block between you and");
  });
});
