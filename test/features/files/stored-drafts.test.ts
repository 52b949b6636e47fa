import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, openDirect } from "../../support/clients/chat.ts";
import { type StrictFile, storedFiles } from "../../support/clients/files.ts";
import { data, success, tim } from "../../surfaces/tim/client.ts";
import {
  expectGone,
  passHours,
  passMinute,
  passSeconds,
  sendFile,
  statusOf,
  untilRecorded,
  uploadFile,
} from "./lifetime.ts";

const TWO_DAYS = 48;

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
});

const revoke = async (who: SignedIn, id: number, seq: number) =>
  expect((await deleteMessage(who, id, seq, "everyone")).status).toBe(204);

describe("the file of a stored draft", () => {
  const Draft = z.looseObject({ ID: z.string(), payload: z.looseObject({ fileUrl: z.string() }) });

  const draftWithFile = (to: SignedIn) =>
    data(Draft, ann, "/message/createMessage", {
      ...{ to: to.user.username, conversationType: "C2C" },
      payload: { file: { data: "aGVsbG8=", name: "a.txt", type: "text/plain" } },
    });

  test("ends with the draft that is not sent, within two days", async () => {
    const { payload } = await draftWithFile(bob);
    expect(await statusOf({ url: payload.fileUrl })).toBe(200);
    await passHours(TWO_DAYS);
    expect(await statusOf({ url: payload.fileUrl })).toBe(404);
    expect((await storedFiles()).objects).not.toContain(payload.fileUrl.split("/").at(-2));
  });

  test("goes with the message that it became, which is revoked over the same API", async () => {
    const draft = await draftWithFile(bob);
    const sent = success(await tim(ann, "/message/sendMessage", { message: draft })).data;
    const { message } = z.object({ message: z.looseObject({ ID: z.string() }) }).parse(sent);
    const { id } = await openDirect(ann, bob);
    await untilRecorded(id);
    success(await tim(ann, "/message/revokeMessage", { ID: message.ID }));
    await passMinute({ conversations: [id] });
    expect(await statusOf({ url: draft.payload.fileUrl })).toBe(404);
  });

  test("stays if the draft was sent, however late, until the message is revoked", async () => {
    const draft = await draftWithFile(bob);
    const url = draft.payload.fileUrl;
    await passHours(23);
    success(await tim(ann, "/message/sendMessage", { message: draft }));
    const { id } = await openDirect(ann, bob);
    await untilRecorded(id);
    await passHours(TWO_DAYS);
    expect(await statusOf({ url })).toBe(200);
    const messages = await call("GET", `/v1/conversations/${id}/messages`, { token: ann.token });
    const { items } = z.object({ items: z.array(z.object({ seq: z.int() })) }).parse(messages.body);
    await revoke(ann, id, items.at(-1)?.seq ?? 0);
    await passMinute({ conversations: [id] });
    expect(await statusOf({ url })).toBe(404);
  });

  describe("that was uploaded before", () => {
    async function sentFile() {
      const { id } = await createGroup(ann, [bob, cem]);
      const file = await uploadFile(ann);
      const seq = await sendFile(ann, id, file);
      await untilRecorded(id);
      return { id, file, seq };
    }

    const draftOf = (file: StrictFile) =>
      data(Draft, ann, "/message/createMessage", {
        ...{ to: cem.user.username, conversationType: "C2C" },
        payload: { file: { url: file.url } },
      });

    test.each([
      ["before", 0],
      ["after", 10],
    ])("is kept for the draft, if it was made %s what showed it was revoked", async (_, secondsBefore) => {
      const { id, file, seq } = await sentFile();
      const draftFirst = secondsBefore === 0 ? await draftOf(file) : null;
      await revoke(ann, id, seq);
      await passSeconds(secondsBefore, { conversations: [id] });
      const draft = draftFirst ?? (await draftOf(file));
      await passMinute({ conversations: [id] });
      await passHours(23);
      expect(await statusOf(file)).toBe(200);
      success(await tim(ann, "/message/sendMessage", { message: draft }));
      const { id: other } = await openDirect(ann, cem);
      await passMinute({ conversations: [other] });
      await passHours(TWO_DAYS);
      expect(await statusOf(file)).toBe(200);
    });

    test("goes with the message that it became", async () => {
      const { id, file, seq } = await sentFile();
      const draft = await draftOf(file);
      await revoke(ann, id, seq);
      const sent = success(await tim(ann, "/message/sendMessage", { message: draft })).data;
      const { message } = z.object({ message: z.looseObject({ ID: z.string() }) }).parse(sent);
      const { id: other } = await openDirect(ann, cem);
      await passMinute({ conversations: [id, other] });
      expect(await statusOf(file)).toBe(200);
      success(await tim(ann, "/message/revokeMessage", { ID: message.ID }));
      await passMinute({ conversations: [other] });
      await expectGone(file);
    });

    test("makes no draft once nobody reads it", async () => {
      const { id, file, seq } = await sentFile();
      await revoke(ann, id, seq);
      await passSeconds(30, { conversations: [id] });
      const answer = await tim(ann, "/message/createMessage", {
        ...{ to: cem.user.username, conversationType: "C2C" },
        payload: { file: { url: file.url } },
      });
      expect(answer.body).toMatchObject({
        code: expect.any(Number),
        msg: expect.stringContaining("file.url"),
      });
    });
  });
});
